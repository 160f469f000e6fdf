#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { version } from '../../version.js'
import { deadLetters } from './dead.js'
import { asConfigError, ConfigError, describeVariables, readEnvironment, unknownVariables } from './environment.js'
import { serve } from './serve.js'

const usage = `amberflo-collector: takes usage from pages, checks it, and passes it on to Amberflo

  amberflo-collector [--trust-client]       listens, until SIGTERM or SIGINT
  amberflo-collector dead list              the spool's dead letters, one JSON object a line
  amberflo-collector dead retry [LEASE…]    sends them again: all, or those named

  --trust-client   believe what the browser says of the customer; without it a token must prove it
  --help           this
  --version        the package's version

Usage is taken by POST on any path. GET /livez, /readyz and /metrics are for those who run it.
The log goes to stderr, one JSON object a line. Variables, and what holds without them:

${describeVariables()}
`

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args)
  if (values.help) return void process.stdout.write(usage)
  if (values.version) return void process.stdout.write(`${version}\n`)
  const settings = readEnvironment(process.env)
  const [command, ...rest] = positionals
  if (command === undefined) return serve({ ...settings, trustClient: values['trust-client'] }, unknownVariables(process.env))
  if (command === 'dead') return deadLetters(rest, settings)
  throw new ConfigError(`there is no command ${command}; see --help`)
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' }, 'trust-client': { type: 'boolean', default: false } } })
  } catch (error) {
    throw new ConfigError(`${asConfigError(error).message.split('. ')[0]}; see --help`)
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(error instanceof ConfigError ? `amberflo-collector: ${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`)
  // A spool that is open by then, or a socket, would keep the program alive.
  process.exit(1)
})
