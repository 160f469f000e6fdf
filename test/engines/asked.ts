import { engineNames, type EngineName } from './door.js'

/** The engines to test in: Chromium, or those that `ENGINES` names, separated by commas. */
export function askedEngines(): EngineName[] {
  const named = (process.env.ENGINES ?? 'chromium').split(',')
  const unknown = named.filter((name) => !engineNames.includes(name as EngineName))
  if (unknown.length > 0) throw new Error(`unknown engine ${unknown.join(', ')}; there are ${engineNames.join(', ')}`)
  return named as EngineName[]
}
