import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, registeredRow, row, sendingRow } from '../support/rows.ts'

/** All announcements to a screen reader, in order. */
async function setup() {
  const opened = await openPage({ rows: [row('Flux')] })
  const heard: string[] = []
  for (const region of opened.screen.container.querySelectorAll(
    '.visually-hidden[role=status], .visually-hidden[role=alert]',
  )) {
    new MutationObserver(() => {
      const text = region.textContent.trim()
      if (text !== '') heard.push(text)
    }).observe(region, {
      subtree: true,
      childList: true,
      characterData: true,
    })
  }
  return { ...opened, heard }
}

test('announces the start, each quarter and the end, and nothing between', async () => {
  const { heard, emit, rowOf } = await setup()
  const shares = [1, 10, 24, 26, 40, 51, 60, 76, 90, 99]
  for (const [index, share] of shares.entries()) {
    emit(
      'patch',
      patchOf(2 + index, [sendingRow('Flux', { sentBytes: share * 10_000_000, inFlightBytes: 0 })]),
    )
    await expect.element(rowOf('Flux')).toMatchTextContent(`${share}%`)
  }
  emit('patch', patchOf(2 + shares.length, [registeredRow('Flux')]))
  await expect
    .poll(() => heard)
    .toEqual([
      'Uploading 1 file.',
      '25% uploaded.',
      '50% uploaded.',
      '75% uploaded.',
      '“Flux” is in Aurora Studio',
    ])
})

test('announces a pause when it begins and when it has taken effect', async () => {
  const { heard, emit } = await setup()
  const pausing = (finishingParts: number) =>
    sendingRow('Flux', { pausing: { isSingle: true, finishingParts, unacknowledgedBytes: 1 } })
  emit('patch', patchOf(2, [pausing(2)]))
  await Promise.resolve()
  emit('patch', patchOf(3, [pausing(1)]))
  await Promise.resolve()
  emit('patch', patchOf(4, [row('Flux', { phase: 'paused' })]))
  await expect.poll(() => heard).toEqual(['Pausing, finishing 2 parts', 'Paused'])
})

test('announces a failure immediately with its message', async () => {
  const { heard, emit } = await setup()
  emit('patch', patchOf(2, [failedRow('Flux', failure('file-empty'))]))
  await expect
    .poll(() => heard)
    .toEqual([
      'Flux: The file is empty (0 bytes). Download it again to the same place. It’s checked again automatically.',
    ])
})

test('announces all uploads of a batch once, at its end', async () => {
  const { heard, emit } = await setup()
  emit('patch', patchOf(2, [sendingRow('Flux'), sendingRow('Grain')]))
  await expect.poll(() => heard).toHaveLength(1)
  emit('patch', patchOf(3, [registeredRow('Flux'), sendingRow('Grain')]))
  await Promise.resolve()
  emit('patch', patchOf(4, [registeredRow('Grain')]))
  await expect.poll(() => heard).toEqual(['Uploading 2 files.', '2 models are in Aurora Studio'])
})
