import { mintToken } from 'amberflo-destination/collector'

export const dynamic = 'force-dynamic'

/** A real site takes the customer from its own session. */
export async function GET() {
  return new Response(await mintToken({ secret: process.env.COLLECTOR_TOKEN_SECRET, customerId: 'customer-1' }), { headers: { 'cache-control': 'no-store' } })
}
