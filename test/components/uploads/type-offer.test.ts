import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { patchOf, row } from '../support/rows.ts'

const waiting = (name: string) => row(name, { phase: 'waiting', offeredType: 'controlnet' })

test('a banner offers the type of similar files and changes all of them at once', async () => {
  const { screen, asked, emit } = await openPage({
    rows: [waiting('Flux'), waiting('Wan'), row('Other', { phase: 'waiting' })],
    answers: { editTargets: () => success([]) },
  })
  await expect.element(screen.getByText('Change 2 more files?', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Change type' }))
  const changed = (name: string) => ({ id: name, target: { modelType: 'controlnet' } })
  expect(asked).toMatchObject([{ name: 'editTargets', args: { changes: [changed('Flux'), changed('Wan')] } }])
  emit('patch', patchOf(2, [row('Flux', { phase: 'waiting' }), row('Wan', { phase: 'waiting' })]))
  await expect.element(screen.getByRole('button', { name: 'Change type' })).not.toBeInTheDocument()
})

test('a changed type keeps a path that was edited', async () => {
  const { screen, asked } = await openPage({
    rows: [waiting('Flux'), { ...waiting('Wan'), isPathEdited: true }],
    answers: { editTargets: () => success([]) },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Change type' }))
  const changed = (name: string, modelPath: string) => ({
    id: name,
    target: { displayName: name, modelType: 'controlnet', modelPath },
  })
  const paths = ['models/controlnet/Flux.safetensors', 'models/loras/Wan.safetensors'] as const
  const changes = [changed('Flux', paths[0]), changed('Wan', paths[1])]
  expect(asked).toEqual([{ name: 'editTargets', args: { changes } }])
})

test('an offer that is declined is withdrawn, and one for an upload that has begun isn’t shown', async () => {
  const begun = row('Wan', { phase: 'sending', started: true, offeredType: 'controlnet' })
  const { screen, asked } = await openPage({ rows: [waiting('Flux'), begun] })
  await expect.element(screen.getByText('Change 1 more file?', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Keep suggested type' }))
  expect(asked).toEqual([{ name: 'declineType', args: { ids: ['Flux'] } }])
})

test('the details copy a report of a wrong recognition', async () => {
  const { screen, rowOf, asked } = await openPage({
    rows: [row('Flux')],
    answers: { recognitionReport: () => success('type: loras'), copyText: () => success(undefined) },
  })
  await userEvent.dblClick(rowOf('Flux'))
  await userEvent.click(screen.getByRole('button', { name: 'Copy report' }))
  expect(asked).toContainEqual({ name: 'copyText', args: { text: 'type: loras' } })
})
