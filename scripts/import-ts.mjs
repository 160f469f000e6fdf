/** Imports a module of the sources into a script; what it exports is plain JavaScript then. */
import { build } from 'esbuild'

/** @param {string[]} [external] packages that what is read here does without */
export async function importTypeScript(path, external = []) {
  const { outputFiles } = await build({ entryPoints: [path], bundle: true, platform: 'node', format: 'esm', write: false, logLevel: 'warning', external })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)
}
