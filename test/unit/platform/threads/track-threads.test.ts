import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { trackThreads } from '../../../../electron/platform/threads/track-threads.ts'

test('a thread counts until it has ended', () => {
  const process = new EventEmitter()
  const threads = trackThreads(process as NodeJS.Process)
  const thread = new EventEmitter()
  process.emit('worker', thread)
  expect([...threads]).toEqual([thread])
  thread.emit('exit', 0)
  expect(threads.size).toBe(0)
})
