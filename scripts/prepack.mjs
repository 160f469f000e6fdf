/** Before `npm pack` and `npm publish`: installs and builds what is missing, so that nothing is published half or out of date. */
import { prepare } from './prepare.mjs'

prepare({ forTests: false })
