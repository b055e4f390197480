import { expect, test } from 'vitest'
import { allowedFilesChoice, allowedFilesSettings } from '../../../renderer/settings/allowed-formats.ts'

test.each(['all', 'no-pickles', 'safe-formats'] as const)(
  'the settings of “%s” are shown as that choice',
  (choice) => {
    const settings = { allowedFormats: null, allowPickles: true, ...allowedFilesSettings(choice) }
    expect(allowedFilesChoice(settings)).toBe(choice)
  },
)
