import type { WebContents } from 'electron'
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { reloadAfterCrash } from '../../../../electron/desktop/window/reload-after-crash.ts'

/** A page that counts its reloads, and a clock that the test sets. */
function setup() {
  let nowMs = 1_000_000
  let reloads = 0
  const contents = Object.assign(new EventEmitter(), { reload: () => void (reloads += 1) })
  const log = { info() {}, warn() {}, error() {} }
  reloadAfterCrash(contents as unknown as WebContents, { monotonicMs: () => nowMs, log })
  return {
    crash: (reason = 'crashed') => void contents.emit('render-process-gone', {}, { reason, exitCode: 1 }),
    pass: (ms: number) => void (nowMs += ms),
    reloads: () => reloads,
  }
}

test('reloads a crashed page unless it has just been reloaded', () => {
  const { crash, pass, reloads } = setup()
  crash()
  pass(9_999)
  crash()
  expect(reloads()).toBe(1)
  pass(1)
  crash()
  expect(reloads()).toBe(2)
})
