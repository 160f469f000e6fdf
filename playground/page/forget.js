/**
 * The plugin remembers for a day whom it has made known, and does not say it again. A sandbox that was emptied or begun
 * anew knows nobody, which Amberflo itself never does: then what was remembered is forgotten too.
 */
export async function forgetWhomNobodyKnows() {
  const { customers } = await (await fetch('/demo/amberflo?after=0')).json()
  if (!customers.length) for (const name of Object.keys(localStorage)) if (name.startsWith('identified ')) localStorage.removeItem(name)
}
