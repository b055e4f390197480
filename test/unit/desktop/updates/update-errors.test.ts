import { expect, test } from 'vitest'
import {
  toCheckError,
  toDownloadError,
  toReplaceError,
  toSquirrelError,
} from '../../../../electron/desktop/updates/update-errors.ts'

const errorOf = (more: object) => Object.assign(new Error('x'), more)

test.each([
  [{ statusCode: 404 }, 'update-missing'],
  [{ statusCode: 404, code: 'ERR_UPDATER_CHANNEL_FILE_NOT_FOUND' }, 'update-missing'],
  [{ statusCode: 503 }, 'update-unreachable'],
  [{ code: 'ERR_UPDATER_INVALID_UPDATE_INFO' }, 'update-garbled'],
  [{ code: 'ENOTFOUND' }, 'update-unreachable'],
  [{ code: 404 }, 'update-unreachable'],
  [{}, 'update-unreachable'],
])('maps a check that fails with %o to %s', (more, code) => {
  const cause = errorOf(more)
  expect(toCheckError(cause)).toMatchObject({ code, cause })
})

test.each([
  ['EACCES', 'update-not-writable'],
  ['EPERM', 'update-not-writable'],
  ['EROFS', 'update-not-writable'],
  ['ENOSPC', 'update-not-installed'],
  [undefined, 'update-not-installed'],
])('maps %s of the file system to %s', (errno, code) => {
  const cause = errorOf({ code: errno })
  expect(toReplaceError(cause)).toMatchObject({ code, cause })
})

test.each([
  ['Cannot update while running on a read-only volume.', 'update-not-writable'],
  ['You don’t have permission to save the file.', 'update-not-writable'],
  ['Code signature did not pass validation', 'update-not-installed'],
])('maps Squirrel’s “%s” to %s', (message, code) => {
  const cause = new Error(message)
  expect(toSquirrelError(cause)).toMatchObject({ code, cause })
})

test.each([
  ['ERR_CHECKSUM_MISMATCH', 'update-damaged'],
  ['ECONNRESET', 'update-cut'],
])('maps a download that fails with %s to %s', (errno, code) => {
  const cause = errorOf({ code: errno })
  expect(toDownloadError(cause)).toMatchObject({ code, cause })
})
