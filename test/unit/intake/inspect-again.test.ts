import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failure, type FailureCode } from '../../../electron/contract/failures.ts'
import type { Inspection } from '../../../electron/recognition/found-file.ts'
import type { FoundGroup } from '../../../electron/recognition/model-groups.ts'
import {
  changeAfterInspection,
  fileToInspect,
  fileWithBoundary,
  isStillAllowed,
} from '../../../electron/intake/inspect-again.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { liveState, uploadRecord } from '../../support/records.ts'

const suggested = { displayName: 'A', modelType: 'loras', modelPath: 'models/loras/a.safetensors' }
const now = { displayName: 'B', modelType: 'vae', modelPath: 'models/vae/a.safetensors' }
const live = liveState({ phase: 'failed' })

function looked(given: Partial<UploadRecord>, isChanged = true) {
  const record = uploadRecord({ seen: { place: '/models', target: suggested }, target: suggested, ...given })
  const identity = isChanged ? { ...record.identity, sizeBytes: 7 } : record.identity
  const inspection: Inspection = { recognition: record.recognition, target: now, identity, failure: null }
  return changeAfterInspection({ record, live }, inspection)
}

test('a second inspection updates each part of the target that the user didn’t edit', () => {
  expect(looked({}).target).toEqual(now)
  expect(looked({ target: { ...suggested, displayName: 'Mine' } }).target).toEqual({
    ...now,
    displayName: 'Mine',
  })
  const elsewhere = { ...suggested, modelPath: 'models/loras/mine.safetensors' }
  expect(looked({ target: elsewhere }).target).toEqual({ ...elsewhere, displayName: 'B' })
})

test('keeps the permission for an unsafe file only for bytes with the same sample', () => {
  const withSample = { ...uploadRecord().identity, sample: 'a' }
  expect(looked({ allowed: true, identity: withSample }, false).allowed).toBe(true)
  expect(looked({ allowed: true }, false).allowed).toBe(false)
  expect(looked({ allowed: true, identity: withSample }).allowed).toBe(false)
})

test.for<
  [
    what: string,
    given: Partial<UploadRecord>,
    sample: string | undefined,
    code: FailureCode | null,
    isAllowed: boolean,
  ]
>([
  ['the same bytes', { allowed: true }, 'a', 'file-suspicious', true],
  ['other bytes', { allowed: true }, 'b', 'file-suspicious', false],
  ['no permission', { allowed: false }, 'a', 'file-suspicious', false],
  ['another failure', { allowed: true }, 'a', 'file-empty', false],
  ['no failure', { allowed: true }, 'a', null, false],
])('a file with %s is still allowed: %s', ([_what, given, sample, code, isAllowed]) => {
  const { identity, recognition, target } = uploadRecord()
  const record = uploadRecord({ identity: { ...identity, sample: 'a' }, ...given })
  const inspection = {
    recognition,
    target,
    identity: { ...identity, ...(sample === undefined ? {} : { sample }) },
    failure: code && failure(code),
  }
  expect(isStillAllowed({ record, live }, inspection)).toBe(isAllowed)
  // It may have been overwritten with its old time.
  const touched = { ...inspection, identity: { ...inspection.identity, ctimeNs: 2n } }
  const ofEarlier = { ...record, identity: { ...record.identity, ctimeNs: 1n } }
  expect(isStillAllowed({ record: ofEarlier, live }, touched)).toBe(false)
  expect(changeAfterInspection({ record: ofEarlier, live }, touched).allowed).toBe(false)
  // Of a file without a sample nothing shows that it is the same.
  expect(isStillAllowed({ record: { ...record, identity }, live }, inspection)).toBe(false)
})

test.for([
  ['the same type is suggested again', 'loras', 'xlabs'],
  ['another type is suggested', 'vae', undefined],
] as const)('keeps the offered type if %s', ([_what, modelType, offeredType]) => {
  const record = uploadRecord({ seen: { place: '/models', target: suggested, offeredType: 'xlabs' } })
  const { recognition, identity } = record
  const target = { ...suggested, modelType }
  const { seen } = changeAfterInspection({ record, live }, { recognition, target, identity, failure: null })
  expect(seen).toEqual({ place: '/models', target, ...(offeredType ? { offeredType } : {}) })
})

test('inspects a file as it was found', () => {
  const group = { key: 'g', name: 'sd3', kind: 'diffusers', root: '/models', within: [] } as const
  const seen = { place: '/models', target: suggested, offeredType: 'xlabs', isFound: true, group } as const
  const { path, fileName: name, folder, ...record } = uploadRecord()
  const file = { path, name, folder }
  expect(fileToInspect({ ...record, path, fileName: name, folder })).toEqual(file)
  expect(fileToInspect({ ...record, path, fileName: name, folder, seen })).toEqual({
    ...file,
    place: '/models',
    group,
  })
})

/** Files of which `other/b` is beside the folder `added/deep/vae`; `added/linked` leads to `outside`. */
function setupFolder() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'modelferry-boundary-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const name of ['added/deep/vae/a', 'added/b', 'outside/c']) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), name)
  }
  symlinkSync(join(root, 'outside'), join(root, 'added/linked'), 'junction')
  const at = (name: string) => join(root, name)
  /** The boundary of the file at a path, which an older version found in `place`. */
  async function boundaryOf(path: string, place: string, folder: string, group?: FoundGroup) {
    const seen = { place: at(place), target: suggested, ...(group && { group }) }
    const { boundary } = await fileWithBoundary(uploadRecord({ path: at(path), folder, seen }))
    return boundary === undefined ? undefined : relative(root, boundary).replaceAll(sep, '/')
  }
  return { boundaryOf }
}

test.for([
  ['added/deep/vae/a', 'vae', 'added/deep/vae/a'],
  ['added/b', 'added/deep/vae', 'added/b'],
  ['added/b', 'deep/vae', 'added/deep'],
  ['added/b', 'vae', 'added/deep/vae'],
  ['added/b', '', 'added/deep/vae'],
  ['outside/c', 'added/deep/vae', 'added'],
  ['gone', 'added/deep/vae', 'added'],
  // A link has taken its place.
  ['added/linked/c', 'vae', 'added/linked/c'],
] as const)(
  'the boundary of an older version’s file %s in the folder %j is %s',
  async ([path, folder, boundary]) => {
    expect(await setupFolder().boundaryOf(path, 'added/deep/vae', folder)).toBe(boundary)
  },
)
