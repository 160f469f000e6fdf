/** The parts of a document that are made: `<!-- made by `npm run WHAT`: NAME -->` … `<!-- end -->`. */
import { readFile, writeFile } from 'node:fs/promises'

/**
 * Writes what `makers` give in the places of these names. With `--check` it writes nothing, and fails when they are
 * out of date.
 *
 * @param {string} file
 * @param {string} script as in `npm run readme`
 * @param {{ [name: string]: () => string | Promise<string> }} makers
 */
export async function writeParts(file, script, makers) {
  const before = await readFile(file, 'utf8')
  let after = before
  for (const [name, make] of Object.entries(makers)) {
    const begin = `<!-- made by \`npm run ${script}\`: ${name} -->`
    const [head, rest] = after.split(begin)
    if (rest === undefined) throw new Error(`${file} has no place for: ${name}`)
    after = `${head}${begin}\n${await make()}\n${rest.slice(rest.indexOf('<!-- end -->'))}`
  }
  if (!process.argv.includes('--check')) await writeFile(file, after)
  else if (after !== before) {
    console.error(`${file} is out of date: npm run ${script}`)
    process.exitCode = 1
  }
}
