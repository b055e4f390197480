import { expect, test } from 'vitest'
import { acceptedLengths, headerLengths, rejectedLengths } from '../support/recognition/header-lengths.ts'

test('accepts a valid safetensors file with every header length', async () => {
  expect(await rejectedLengths(headerLengths('all'))).toEqual([])
})

test('accepts no file with an invalid header, whatever its length', async () => {
  expect(await acceptedLengths([1, ...headerLengths('all')])).toEqual([])
})
