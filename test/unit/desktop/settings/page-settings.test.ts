import { expect, test } from 'vitest'
import { defaultSettings, type Settings } from '../../../../electron/contract/settings.ts'
import { weakenedSettings } from '../../../../electron/desktop/settings/page-settings.ts'

const strict: Settings = {
  ...defaultSettings,
  ...{ review: 'always', allowedFormats: ['safetensors'], allowPickles: false, confirmLicences: ['x'] },
}
const elsewhere = 'https://elsewhere.example/api/v1'

test.each<[Parameters<typeof weakenedSettings>[1], ReturnType<typeof weakenedSettings>]>([
  [{ review: 'when-needed' }, ['review']],
  [{ allowedFormats: null }, ['allowedFormats']],
  [{ allowedFormats: ['safetensors', 'pytorch'] }, ['allowedFormats']],
  [{ allowPickles: true, theme: 'dark' }, ['allowPickles']],
  [{ updates: 'off' }, ['updates']],
  [{ replacedFate: 'delete', onConflict: 'replace' }, ['replacedFate']],
  [{ confirmLicences: [] }, null],
  [{ server: elsewhere }, null],
  [{ servers: [{ address: elsewhere, singlePutLimitBytes: null }] }, null],
  [{ allowedFormats: [], limitBytesPerSecond: null, onClose: 'quit' }, []],
])('a change to %j needs the user’s consent for %j', (change, weakened) => {
  expect(weakenedSettings(strict, change)).toEqual(weakened)
})
