import { ceph } from './ceph.ts'
import { cephMany } from './ceph-many.ts'
import type { Family } from './family.ts'
import { finish } from './finish.ts'
import { floor } from './floor.ts'
import { growth } from './growth.ts'
import { huge, hugeShort } from './huge.ts'
import { limit } from './limit.ts'
import { line, lineAll, lineShort } from './line.ts'
import { many } from './many.ts'
import { memory } from './memory.ts'
import { pause } from './pause.ts'
import { peers } from './peers.ts'
import { restart } from './restart.ts'
import { plainSink, tlsSink } from './sink.ts'

/** All families in the order of the table; the last ones run only when named. */
export const families: readonly Family[] = [
  ...[plainSink, tlsSink, peers, ceph, cephMany, many, memory, finish, restart, limit, pause, line, huge],
  ...[lineShort, lineAll, hugeShort, growth, floor],
]
