import { createApp } from './app.js'

const { AMBERFLO_API_KEY, AMBERFLO_URL, COLLECTOR_TOKEN_SECRET, PORT = '3000' } = process.env

createApp({
  apiKey: AMBERFLO_API_KEY,
  // Unless it is Amberflo's sandbox, for example.
  amberfloUrl: AMBERFLO_URL,
  secret: COLLECTOR_TOKEN_SECRET,
  // In place of your own session: a proxy that signs people in, and tells us who they are.
  customerOf: (req) => req.get('x-authenticated-customer') ?? null,
}).listen(Number(PORT), () => console.log(`listening on http://localhost:${PORT}`))
