import { describeSettling } from './settling.js'
import type { SpoolMaker } from './support.js'
import { describeTaking } from './taking.js'
import type { Spool, SpoolOptions } from '../spool.js'

/** What every spool promises, as tests. */
export function describeSpool(name: string, maker: SpoolMaker) {
  describe(name, () => {
    let handles: Spool[] = []
    const open = async (options?: SpoolOptions) => {
      const spool = await maker.open(options)
      handles.push(spool)
      return spool
    }
    const openThree = async () => {
      const spools = await Promise.all([open(), open(), open()])
      return (index: number) => spools[index % 3] as Spool
    }

    beforeEach(() => maker.reset())
    afterEach(async () => {
      await Promise.all(handles.map((spool) => spool.close()))
      handles = []
    })

    describeTaking({ open, openThree })
    describeSettling({ open, openThree })
  })
}
