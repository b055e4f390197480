import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Snapshot } from '../../../../electron/contract/uploads.ts'
import { supportReportParts } from '../../../../electron/desktop/diagnostics/support-report.ts'
import { defaultSettings } from '../../../../electron/contract/settings.ts'

test('the report contains the number of known networks but no names', async () => {
  const pieces = await supportReportParts({
    versions: {},
    settings: {
      ...defaultSettings,
      lines: [{ id: 'uuid-of-home', name: 'Ann at the harbour', isMetered: false }],
    },
    snapshot: { rows: [] } as unknown as Snapshot,
    connection: null,
    logFolder: join(tmpdir(), 'there is no such folder'),
  })
  const settings = pieces.find(({ name }) => name === 'settings')?.text ?? ''
  expect(settings).toMatch(/^ {2}"lines": 1/m)
  expect(settings).not.toMatch(/Ann|uuid-of-home/)
})
