import { mkdtempSync, rmSync } from 'node:fs'
import { open, rename, stat, symlink, writeFile, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  fileFailure,
  identityBySample,
  identityOf,
  openSameFile,
  mayHaveSameBytes,
  readSample,
  sameFile,
  identityAt,
  isUntouched,
} from '../../../../electron/platform/files/file-identity.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { readFull } from '../../../../electron/platform/files/regular-file.ts'
import { diskErrorCodes } from '../../../support/disk-error-codes.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-identity-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function newFile(text: string | Buffer = 'the bytes of a model') {
  const path = join(newFolder(), 'a.safetensors')
  await writeFile(path, text)
  return { path, identity: identityOf(await stat(path, { bigint: true })) }
}

const errorOf = (code: string) => Object.assign(new Error(code), { code })

test.each(['ENOENT', 'ENOTDIR'])('%s means that the file is missing', (code) => {
  expect(fileFailure(errorOf(code))).toEqual({ code: 'file-missing', params: {}, detail: code })
})

test.each(diskErrorCodes)('%s is a problem of the disk, which is tried again', (problem) => {
  expect(fileFailure(errorOf(problem))).toEqual({
    code: 'file-read-trouble',
    params: { problem },
    detail: problem,
  })
})

test.each(['EACCES', 'EPERM', 'EISDIR', 'ELOOP', 'EBUSY'])('%s means that the file is unreadable', (code) => {
  expect(fileFailure(errorOf(code))).toEqual({ code: 'file-unreadable', params: {}, detail: code })
})

test('an error that Node has no code for is a problem of the disk on Windows only', () => {
  const [problem, detail] = ['UNKNOWN', 'UNKNOWN']
  expect(fileFailure(errorOf('UNKNOWN'), 'win32')).toEqual({
    code: 'file-read-trouble',
    params: { problem },
    detail,
  })
  expect(fileFailure(errorOf('UNKNOWN'), 'linux')).toEqual({ code: 'file-unreadable', params: {}, detail })
})

test('a different size, time or inode means a different file', () => {
  const file = { sizeBytes: 3, mtimeNs: 5n, inode: 7n, device: 9n, sample: 'a' }
  expect(sameFile(file, { ...file })).toBe(true)
  expect([
    sameFile(file, { ...file, sizeBytes: 4 }),
    sameFile(file, { ...file, mtimeNs: 6n }),
    sameFile(file, { ...file, inode: 8n }),
    sameFile(file, { ...file, device: 10n }),
  ]).toEqual([false, false, false, false])
  // A record of an older version has neither device nor ctime.
  expect(sameFile(file, { sizeBytes: 3, mtimeNs: 5n, inode: 7n })).toBe(true)
  const touched = { ...file, ctimeNs: 1n }
  expect(sameFile(touched, { ...touched, ctimeNs: 2n })).toBe(true)
  expect([file, touched, { ...touched, ctimeNs: 2n }].map((other) => isUntouched(touched, other))).toEqual([
    ...[true, true, false],
  ])
})

test('only size, time and sample decide whether bytes may be the same', () => {
  const file = { sizeBytes: 3, mtimeNs: 5n, inode: 7n, device: 9n, sample: 'a' }
  const { sample: _, ...older } = file
  const others = [{ inode: 8n }, { device: 1n }, { sample: 'b' }, { sizeBytes: 4 }, { mtimeNs: 6n }]
  expect(others.map((other) => mayHaveSameBytes(file, { ...file, ...other }))).toEqual([
    ...[true, true, false, false, false],
  ])
  expect([mayHaveSameBytes(older, file), mayHaveSameBytes(file, older)]).toEqual([true, true])
})

test('a link in place of the queued file is refused, although it leads to that file', async () => {
  const { path, identity } = await newFile()
  await rename(path, `${path}.moved`)
  await symlink(`${path}.moved`, path)
  const changed = { code: 'file-changed', params: {} }
  expect(await openSameFile(path, identity)).toEqual({ ok: false, failure: changed })
})

test('the sample changes with the start, the middle and the end of a file', async () => {
  const sampleOf = async (changedAt: number | null) => {
    const bytes = Buffer.alloc(1_000_000)
    if (changedAt !== null) bytes[changedAt] = 1
    const { path } = await newFile(bytes)
    await using file = await open(path)
    return await readSample(file, bytes.length)
  }
  const samples = await Promise.all([null, 0, 500_000, 999_999].map(sampleOf))
  expect(new Set(samples).size).toBe(4)
  expect(await sampleOf(null)).toBe(samples[0])
})

test.each([
  [100_000, 262_144, []],
  [1_000_000, 262_144, [500_000, 934_464]],
  [1_000_000, 65_536, [500_000, 934_464]],
  [1_000_000, 65_535, [0, 500_000, 934_464]],
])('the sample of %i bytes is the same with its first %i', async (sizeBytes, headBytes, expected) => {
  const bytes = Buffer.alloc(sizeBytes, 'a model')
  const { path } = await newFile(bytes)
  await using file = await open(path)
  const positions: unknown[] = []
  const read = ((into: Buffer, offset: number, length: number, position: number) => {
    positions.push(position)
    return file.read(into, offset, length, position)
  }) as typeof file.read
  const sample = await readSample({ read }, sizeBytes, bytes.subarray(0, headBytes))
  expect(positions).toEqual(expected)
  expect(sample).toBe(await readSample(file, sizeBytes))
})

test('the file that was queued is opened for reading', async () => {
  const { path, identity } = await newFile()
  const opened = await openSameFile(path, identity)
  if (!opened.ok) throw new Error(opened.failure.code)
  onTestFinished(() => opened.handle.close())
  expect(await opened.handle.readFile('utf8')).toBe('the bytes of a model')
})

test('another file is refused', async () => {
  const { path, identity } = await newFile()
  expect(await openSameFile(path, { ...identity, mtimeNs: 0n })).toMatchObject({
    ok: false,
    failure: { code: 'file-changed' },
  })
})

test('reports a deleted file as missing, when opened or compared', async () => {
  const { path, identity } = await newFile()
  rmSync(path)
  expect(await openSameFile(path, identity)).toMatchObject({ ok: false, failure: { code: 'file-missing' } })
  expect(await identityAt(path)).toMatchObject({ failure: { code: 'file-missing' } })
})

async function sampledFile() {
  const { path, identity } = await newFile()
  await using file = await open(path)
  return { path, identity: { ...identity, sample: await readSample(file, identity.sizeBytes) } }
}

test('returns the new identity of a file whose inode and device have changed', async () => {
  const { path, identity } = await sampledFile()
  const before = { ...identity, inode: identity.inode + 1n, device: 0n }
  expect(await identityBySample(path, before)).toEqual(success(identity))
})

test.each([
  ['size', { sizeBytes: 1 }],
  ['time', { mtimeNs: 1n }],
  ['sample', { sample: 'other' }],
])('a file whose %s differs too is another file', async (_, other) => {
  const { path, identity } = await sampledFile()
  const found = await identityBySample(path, { ...identity, inode: 0n, ...other })
  expect(found).toEqual(failed(failure('file-changed')))
})

test('continues short reads up to the requested length', async () => {
  const source = Buffer.from('0123456789')
  const reads: (readonly [number, number])[] = []
  const handle = {
    async read(into: Buffer, offset: number, length: number, position: number) {
      reads.push([length, position])
      const bytesRead = source.copy(into, offset, position, position + Math.min(length, 3))
      return { bytesRead, buffer: into }
    },
  } as unknown as Pick<FileHandle, 'read'>
  const into = Buffer.alloc(8)
  expect(await readFull(handle, into, 7, 2)).toBe(7)
  expect(into.toString('latin1')).toBe('2345678\0')
  expect(reads).toEqual([
    [7, 2],
    [4, 5],
    [1, 8],
  ])
})
