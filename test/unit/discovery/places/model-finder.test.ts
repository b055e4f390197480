import { expect, test } from 'vitest'
import { abbreviateHome } from '../../../../electron/discovery/places/model-finder.ts'

test.each([
  ['/home/mira/ComfyUI', '/home/mira', 'linux', '~/ComfyUI'],
  ['/home/mira', '/home/mira/', 'linux', '~'],
  ['/home/miranda/x', '/home/mira', 'linux', '/home/miranda/x'],
  ['C:\\Users\\Mira\\AI', 'C:\\Users\\Mira', 'win32', '~\\AI'],
  ['/data/x', '', 'linux', '/data/x'],
] as const)('abbreviates %s with the home folder %s', (path, home, platform, displayPath) =>
  expect(abbreviateHome(path, home, platform)).toBe(displayPath),
)
