import type { EventEmitter } from 'node:events'
import { onTestFinished } from 'vitest'

type Emitter = Pick<EventEmitter, 'eventNames' | 'rawListeners' | 'removeListener'>

/**
 * Removes the listeners that a test adds to an emitter of Electron or the process when it ends: test files
 * that run one after the other share them. All events, unless `events` are given.
 */
export function removeAddedListeners(emitter: Emitter, events?: readonly string[]): void {
  const names = () => events ?? emitter.eventNames()
  const before = new Map(names().map((name) => [name, emitter.rawListeners(name)]))
  onTestFinished(() => {
    for (const name of names())
      for (const listener of emitter.rawListeners(name))
        if (!before.get(name)?.includes(listener)) emitter.removeListener(name, listener as () => void)
  })
}
