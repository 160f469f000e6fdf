/**
 * Loads a module that is only on some machines: a peer that may be missing, or Node's own. Bundlers must
 * leave it alone, or a collector for the edge, which has no use for it, could not be bundled at all.
 */
export const load = <T>(specifier: string): Promise<T> => import(/* webpackIgnore: true */ /* @vite-ignore */ specifier) as Promise<T>

/** Whether loading failed because the module is not there. */
export const isAbsent = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE'].includes((error as NodeJS.ErrnoException)?.code ?? '')
