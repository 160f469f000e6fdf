import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LaunchOptions } from './door.js'
import { requireExecutable } from './find.js'

/** WebKitGTK's example browser; Debian keeps it below `/usr/lib/<architecture>`. */
export function miniBrowserPath(): string {
  const candidates = readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder, 'webkit2gtk-4.1', 'MiniBrowser'))
  return requireExecutable(candidates, 'No WebKitGTK MiniBrowser was found. Install it (Debian: apt-get install webkit2gtk-driver).')
}

export function miniBrowserArgs(options: LaunchOptions): string[] {
  return [
    '--javascript-can-open-windows-automatically=true',
    ...(options.storageBlocked ? ['--enable-html5-local-storage=false', '--enable-html5-database=false'] : []),
  ]
}

/** Software drawing, and no sandbox around the web processes, which root and containers cannot set up. */
export function webkitEnvironment(display: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DISPLAY: display,
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  }
}
