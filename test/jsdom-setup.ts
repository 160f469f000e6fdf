/** What browsers have and jsdom lacks. What a test wants to steer itself, such as beacons and locks, it sets itself. */
import { TextDecoder, TextEncoder } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'

Object.assign(globalThis, {
  TextEncoder,
  TextDecoder,
  structuredClone: (value: unknown) => deserialize(serialize(value)) as unknown,
  indexedDB: new IDBFactory(),
  IDBKeyRange,
})
