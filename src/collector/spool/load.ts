/** Loads a module that may not be installed. Bundlers leave a name alone that they cannot see. */
export const load = <T>(specifier: string): Promise<T> => import(/* webpackIgnore: true */ /* @vite-ignore */ specifier) as Promise<T>

/** Whether loading failed because the module is not there. */
export const isAbsent = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE'].includes((error as NodeJS.ErrnoException)?.code ?? '')
