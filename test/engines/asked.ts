import { engineNames, type EngineName } from './door.js'

/** The engines to test in, separated by commas: those that are given or that `ENGINES` names, or else Chromium. */
export function askedEngines(given = process.env.ENGINES ?? 'chromium'): EngineName[] {
  const named = given.split(',')
  const unknown = named.filter((name) => !engineNames.includes(name as EngineName))
  if (unknown.length > 0) throw new Error(`unknown engine ${unknown.join(', ')}; there are ${engineNames.join(', ')}`)
  return named as EngineName[]
}
