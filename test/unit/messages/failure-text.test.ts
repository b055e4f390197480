import { describe, expect, test } from 'vitest'
import { createJsonReporter } from '../../../electron/cli/output/json-output.ts'
import { createTextStream } from '../../../electron/cli/output/text-stream.ts'
import { createTextReporter } from '../../../electron/cli/output/text-output.ts'
import { failure, failureKinds, harmlessText, retryClassOf } from '../../../electron/contract/failures.ts'
import type { Failure, FailureCode } from '../../../electron/contract/failures.ts'
import type { Locale } from '../../../electron/contract/app-info.ts'
import { failureStateOf, isFileRechecked } from '../../../electron/contract/uploads.ts'
import type { Phase, UploadRow } from '../../../electron/contract/uploads.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import {
  catalogues,
  failureText,
  nativeTranslatorFor,
  translatorFor,
} from '../../../electron/messages/messages.ts'
import { uploadRecord } from '../../support/records.ts'

const locales = ['en', 'zh-Hans', 'zh-Hant'] as const satisfies readonly Locale[]
const codes = Object.keys(failureKinds) as FailureCode[]
const phases: readonly Phase[] = ['waiting', 'retrying', 'paused', 'failed']

/** Words with which a text promises an automatic retry. */
const promise: Readonly<Record<Locale, RegExp>> = {
  en: /automatic|\bretried\b|uploads? resumes?|^Waiting for|next attempt/i,
  'zh-Hans': /自动|^正在等待|下次尝试/,
  'zh-Hant': /自動|^正在等待|下次嘗試/,
}

/** A failure with a value for each parameter of its message. */
function failureWithParams(code: FailureCode): Failure {
  const names = catalogues.en[`failure.${code}`].matchAll(/\{(\w+)[,}]/g)
  return failure(code, Object.fromEntries([...names].map(([, name = '']) => [name, 12])))
}

/** The lines that the command line prints for an upload that failed or waits. */
function printed(row: UploadRow): readonly string[] {
  const lines: string[] = []
  const stream = createTextStream({ write: (text) => lines.push(text) })
  const streams = { out: stream, err: stream }
  for (const reporter of [
    createTextReporter(streams, { quiet: false }),
    createJsonReporter(streams, { quiet: false }),
  ]) {
    if (row.phase === 'failed') reporter.failed(row)
    else reporter.waiting(row)
  }
  return lines
}

describe.each(locales)('in %s', (locale) => {
  const t = translatorFor(locale)

  test.each(codes)('%s promises a retry if, and only if, it is retried', (code) => {
    const met = failureWithParams(code)
    expect(failureText(met, t, 'retrying')).toMatch(promise[locale])
    expect(failureText(met, t, 'final')).not.toMatch(promise[locale])
    expect(failureText(met, t)).toBe(failureText(met, t, 'final'))
    expect(failureText(met, t, 'review')).not.toMatch(promise[locale])
  })

  const ofPairings = codes.filter((code) => catalogues[locale][`failure.${code}`].includes('pairing {'))
  test.each(ofPairings)('%s delays a pairing in whole sentences and without a word about uploads', (code) => {
    const text = failureText(failureWithParams(code), t, 'pairing')
    const [reason, ...after] = text.split(t('failure-state.pairing'))
    expect([reason?.trim(), after]).toEqual([expect.stringMatching(/[^，,][.。]$/), ['']])
    expect(reason).not.toMatch(/upload|上传|上傳/i)
  })

  test.each(codes)('%s says on the row whether it is retried, in every phase', (code) => {
    const met = failureWithParams(code)
    for (const phase of phases) {
      const isFinal = phase === 'failed' && !isFileRechecked(met)
      const text = failureText(met, t, failureStateOf({ phase, failure: met }))
      expect([phase, promise[locale].test(text)]).toEqual([phase, !isFinal])
    }
  })

  test.each([
    'bad-request',
    'request-refused',
    'forbidden',
    'sign-in-forbidden',
    'signed-out',
    'login-refused',
    'not-found',
    'conflict',
    'too-large-for-server',
    'rate-limited',
    'server-trouble',
    'upload-ended',
    'old-model-stays',
    'storage-refused',
  ] as const)('%s quotes the server’s message before the advice', (code) => {
    const { params } = failureWithParams(code)
    const text = (serverMessage?: string) => failureText(failure(code, params, { serverMessage }), t)
    const [open, close, stop] = { en: '“”.', 'zh-Hans': '“”。', 'zh-Hant': '「」。' }[locale]
    expect(text('frozen until Thursday.')).toContain(`${open}frozen until Thursday${close}${stop}`)
    expect(text('  ')).toBe(text())
    expect(text()).not.toContain(open === '「' ? '「」' : '“”')
  })
})

test.each(codes)('the command line promises a retry of %s only while it waits', (code) => {
  const row = (phase: Phase) => {
    const record = uploadRecord({ failure: failureWithParams(code) })
    return { ...toUploadRow(record, null), phase }
  }
  for (const line of printed(row('failed'))) expect(line).not.toMatch(promise.en)
  for (const line of printed(row('retrying'))) expect(line).toMatch(promise.en)
})

test('the command line prints the server’s message once, in the sentence', () => {
  const met = failure('bad-request', {}, { serverMessage: 'The type "loras" is frozen until Thursday.' })
  const row = { ...toUploadRow(uploadRecord({ failure: met }), null), phase: 'failed' as const }
  const [text = '', json = ''] = printed(row)
  const sentence =
    'The server rejected this upload: “The type "loras" is frozen until Thursday”. Change the name, type or path, then try again.'
  expect(text).toContain(`${sentence} (bad-request)`)
  expect(JSON.parse(json)).toMatchObject({
    code: 'bad-request',
    sentence,
    detail: 'The type "loras" is frozen until Thursday',
  })
})

test.each([
  ['line one\r\nline\ttwo\u2028three', 'line one line two three'],
  ['\u001b[31mred\u0007\u009b', '[31mred'],
  ['a\u202egnp.exe\u2066b\u200f\u061cc\u200bd\ufeffe', 'agnp.exebcd e'],
  ['”. All is well. “', '". All is well. "'],
  ['half \ud83d', 'half \ufffd'],
  ['类型已冻结。', '类型已冻结'],
  ['<b>{name}</b>', '<b>{name}</b>'],
  ['...', ''],
])('makes the server’s text %j harmless', (text, expected) => {
  expect(harmlessText(text)).toBe(expected)
})

test('shortens a text of 300,000 full stops without a delay', () => {
  expect(harmlessText(`${'.'.repeat(300_000)}x`)).toBe(`${'.'.repeat(199)}…`)
})

test('keeps the marks around a right-to-left name when the sentence about retries follows', () => {
  const met = failure('file-dangerous', { imports: 'סטודיו' })
  expect(failureText(met, nativeTranslatorFor('en'), 'retrying')).toContain('\u2068סטודיו\u2069')
})

test('has a retrying message of its own for each failure that uploads retry', () => {
  const isOfUpdates = (code: FailureCode) => code.startsWith('update-')
  const generic = codes.filter((code) => !catalogues.en[`failure.${code}`].includes('{state,'))
  const retried = generic.filter((code) => ['now', 'later'].includes(retryClassOf(failure(code))))
  expect(retried.filter((code) => !isOfUpdates(code))).toEqual([])
})
