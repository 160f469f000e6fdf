import { collectorFaults } from './collector-faults.js'
import { crashFaults } from './crash-faults.js'
import type { Fault } from './fault.js'
import { leavingFaults } from './leaving-faults.js'
import { storageFaults } from './storage-faults.js'

export const faults: readonly Fault[] = [...collectorFaults, ...leavingFaults, ...crashFaults, ...storageFaults]
