import { launchChromium } from './chromium.js'
import type { Browser, EngineName, LaunchOptions } from './door.js'
import { launchFirefox } from './firefox.js'
import { launchWebkitProfile } from './webkit-profile.js'
import { launchWebkit } from './webkit.js'

export * from './door.js'

const launchers: Record<EngineName, (options: LaunchOptions) => Promise<Browser>> = {
  chromium: launchChromium,
  firefox: launchFirefox,
  webkit: (options) => (options.profileDir ? launchWebkitProfile(options.profileDir, options) : launchWebkit(options)),
}

/** Starts a real browser. @throws EngineMissingError when it is not installed. */
export function launch(engine: EngineName, options: LaunchOptions = {}): Promise<Browser> {
  return launchers[engine](options)
}
