import { expect, test } from 'vitest'
import { describeUnexpectedError } from '../../../../electron/cli/output/output.ts'

test('describes an unexpected error in one line without secrets', () => {
  const error = Object.assign(new Error('Invalid URL:\nhttp://user:p-ss@proxy:8080'), {
    input: 'http://u:p-ss@x',
  })
  expect(describeUnexpectedError(error)).toMatch(
    /^Modelferry stopped because of an internal error. .*\(Invalid URL:.*\[removed\]@proxy:8080\)$/,
  )
  expect(describeUnexpectedError(error)).not.toContain('p-ss')
  expect(describeUnexpectedError('plain')).toContain('(plain)')
})
