import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { hideWindow } from '../../../../electron/desktop/window/hide-window.ts'

/** A window that records its calls and leaves full screen when the test says so. */
function fakeWindow(isFullScreen: boolean) {
  const calls: string[] = []
  const events = new EventEmitter()
  const window = {
    isFullScreen: () => isFullScreen,
    setFullScreen: (flag: boolean) => void calls.push(`full screen ${flag}`),
    hide: () => void calls.push('hide'),
    once: events.once.bind(events),
  }
  return { calls, events, window: window as unknown as Parameters<typeof hideWindow>[0] }
}

test('a full-screen window on macOS is hidden once it has left full screen', () => {
  const { calls, events, window } = fakeWindow(true)
  hideWindow(window, 'darwin')
  expect(calls).toEqual(['full screen false'])
  events.emit('leave-full-screen')
  events.emit('leave-full-screen')
  expect(calls).toEqual(['full screen false', 'hide'])
})

test.each([
  ['darwin', false],
  ['linux', true],
  ['win32', true],
] as const)('on %s a window with full screen %s is hidden at once', (platform, isFullScreen) => {
  const { calls, window } = fakeWindow(isFullScreen)
  hideWindow(window, platform)
  expect(calls).toEqual(['hide'])
})
