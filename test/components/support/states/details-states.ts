import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../../electron/contract/failures.ts'
import type { ModelFacts } from '../../../../electron/contract/recognition.ts'
import type { PartMap } from '../../../../electron/contract/upload-details.ts'
import { logDocumentOf, type UploadLog } from '../../../../electron/contract/upload-log.ts'
import type { UploadRow } from '../../../../electron/contract/uploads.ts'
import type { Answers } from '../fake-bridge.ts'
import { missingCompanions } from '../review.ts'
import { failedRow, noonMs, pathConflictRow, registeredRow, row, sendingRow } from '../rows.ts'
import { mixedRows } from './upload-states.ts'
import { opened, rowCorner, type OpenState, type States } from './state.ts'

const parts: PartMap = {
  partSizeBytes: 1_000_000,
  states: 'b'.repeat(10) + 'S' + 's'.repeat(30) + 'Ffff' + 'u' + 'w'.repeat(19),
  flying: [42, 43, 44, 45].map((number) => ({ number, bytes: 250_000 })),
}
const speed = { stepMs: 1_000, points: [30e6, 42e6, 39e6, 44e6, 12e6, 42e6, 40e6, 41e6] }

const log: UploadLog = {
  events: [
    { event: 'checking', atMs: noonMs },
    {
      event: 'sending',
      atMs: noonMs + 2_000,
      sentBytes: 5.4e9,
      acknowledgedBytes: 5.3e9,
      sendingMs: 900_000,
    },
    {
      event: 'retrying',
      atMs: noonMs + 900_000,
      failure: { code: 'storage-busy', params: {} },
      count: 12,
      lastAtMs: noonMs + 1_200_000,
    },
    { event: 'paused', atMs: noonMs + 1_260_000, reason: 'quiet-hours' },
    { event: 'resumed', atMs: noonMs + 3_600_000 },
    { event: 'registered', atMs: noonMs + 4_200_000 },
  ],
  speed: Array.from({ length: 40 }, (_, index) => ({ durationMs: 30_000, bytes: 1e8 + (index % 7) * 2e7 })),
}

const facts: ModelFacts = {
  title: 'Painter',
  author: 'Mira',
  description: 'Oil paintings of harbours, trained on 4,000 photographs of the northern coast.',
  licence: 'FLUX.1 dev non-commercial',
  date: '2026-08-01',
  triggerWords: ['in oil', 'harbour at dawn', 'palette knife'],
  resolution: '1024x1024',
  trainingBase: 'sd_xl_base',
  usageHint: null,
  predictionType: 'epsilon',
  quantisation: null,
  producer: 'kohya',
  parameterCount: 12_345_678_901,
  dtypes: [{ dtype: 'F16', sizeBytes: 1_000_000 }],
  inputs: [],
  privateContent: ['workflow', 'local-paths'],
  sidecars: ['painter.png'],
  imports: [{ name: 'some.thing', level: 'suspicious' }],
}

/** The list with the details of its row. */
function details(one: UploadRow, answers: Answers = {}): OpenState {
  return opened({ rows: [one, row('Grain', { position: 9 })], answers }, async ({ rowOf, screen }) => {
    await userEvent.dblClick(rowOf(one.target.displayName), rowCorner)
    await expect.element(screen.getByRole('complementary')).toBeVisible()
  })
}

const registered = registeredRow('Depth', { verification: { kind: 'verified', atMs: noonMs } })

/** The details pane of an upload in each phase. */
export const detailsStates: States = {
  'uploads, with details': opened({ rows: mixedRows }, async ({ rowOf, screen }) => {
    await userEvent.dblClick(rowOf('Broken'), rowCorner)
    await expect.element(screen.getByRole('complementary')).toBeVisible()
  }),
  'an upload in progress, with its parts and speed': details(
    sendingRow('Juniper', { sizeBytes: 65_000_000 }),
    {
      watch: () => success({ id: 'Juniper', parts, speed }),
    },
  ),
  'a waiting upload, with metadata of its file': details(row('Painter'), {
    modelFacts: () => success({ facts, preview: null }),
  }),
  'a registered upload, with its receipt and log': details(registered, {
    uploadLog: () => success(logDocumentOf(registered, log)),
  }),
  'an upload that lacks companions, with details': opened(
    {
      rows: [row('Flux')],
      answers: {
        companions: () => success(missingCompanions),
        missingCompanions: () =>
          success({ companions: missingCompanions, files: [{ id: 'Flux', missing: ['sdxl'] }] }),
      },
    },
    async ({ rowOf, screen }) => {
      await userEvent.dblClick(rowOf('Flux'), rowCorner)
      await expect.element(screen.getByRole('button', { name: /^Also upload sd_xl/ })).toBeInTheDocument()
      await expect.element(rowOf('Flux').getByRole('button', { name: /^Needs SDXL/ })).toBeVisible()
    },
  ),
  'an unsafe file, with details': opened(
    { rows: [failedRow('Trap', failure('file-dangerous', { imports: 'os.system' }))] },
    async ({ screen }) => {
      await userEvent.click(screen.getByRole('button', { name: 'View warning' }))
      await expect.element(screen.getByRole('button', { name: 'Upload anyway…' })).toHaveFocus()
    },
  ),
  'a broken file, with details': details(
    failedRow('Cut', failure('file-cut-short', { missingBytes: 4_000_000 })),
  ),
  'a path conflict, with Replace selected': opened(
    { rows: [pathConflictRow('Taken')] },
    async ({ screen }) => {
      await userEvent.click(screen.getByRole('button', { name: 'Choose…' }))
      await userEvent.click(screen.getByRole('radio', { name: 'Replace' }))
    },
  ),
}
