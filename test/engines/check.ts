/** Says what to install where there is no Chrome or Chromium, and fails. */
import { chromePath } from './find.js'

try {
  chromePath()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
