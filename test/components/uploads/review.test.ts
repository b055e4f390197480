import { expect, test } from 'vitest'
import { page, userEvent, type Locator } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { openReview, reviewRows } from '../support/review.ts'
import { reviewOf, reviewRow } from '../support/review-view.ts'
import { openPage } from '../support/open-page.ts'
import { otherTeam, patchOf, row } from '../support/rows.ts'

const focusedName = () => document.activeElement?.getAttribute('aria-label')
const expand = (sheet: Locator, title: string) =>
  userEvent.click(sheet.getByRole('button', { name: `Show files: ${title}` }))
const twoFiles = [reviewRow('Grain'), reviewRow('Flux', { position: 1 })]

test('opens over the list with a verdict: how many files, the team, size and time', async () => {
  const { sheet, screen } = await openReview()
  await expect.element(sheet.getByRole('heading', { name: 'Upload 4 of 9 files to' })).toBeVisible()
  await expect.element(sheet.getByRole('button', { name: 'Aurora Studio' })).toBeVisible()
  await expect.element(sheet).toMatchTextContent('15.0 GB · about 1 h 30 min')
  expect(screen.getByRole('grid', { name: 'Uploads' }).elements()).toEqual([])
})

test('lists decisions first, ready files by type, and the others with their reasons', async () => {
  await page.viewport(960, 1600)
  const { sheet } = await openReview()
  const lines = () =>
    sheet
      .getByRole('row')
      .elements()
      .map((line) => line.getAttribute('aria-label')?.split(',')[0])
  await expect
    .poll(lines)
    .toEqual([
      ...['Path conflicts', 'Taken', 'Files that can run code', 'Trap', 'Private data', 'Private'],
      ...['Restrictive licences', 'Licensed', 'checkpoints', 'loras', 'Not uploaded'],
    ])
  await expand(sheet, 'Not uploaded')
  for (const [file, note] of [
    ['Taken', 'In the library: Old Taken · 5 bytes'],
    ['Trap', 'os.system'],
    ['Private', 'Prompt · Paths of the computer'],
    ['Licensed', 'flux-1-dev-non-commercial-license'],
    ['Broken', 'incomplete'],
    ['Copy', 'Same content as Grain'],
    ['Known', 'Already in the library as Known before'],
  ] as const)
    await expect.element(sheet.getByRole('row', { name: new RegExp(`^${file},`) })).toMatchTextContent(note)
})

test('the upload button counts what is really sent, and uploads all files without a blocking failure', async () => {
  const { sheet, asked } = await openReview()
  await userEvent.click(sheet.getByRole('button', { name: 'Upload 4 files (15.0 GB)' }))
  const ids = ['Copy', 'Known', 'Private', 'Licensed', 'Grain', 'Flux']
  const team = { accountId: 'account-1', teamId: 'team_aurora' }
  await expect.poll(() => asked).toEqual([{ name: 'approveReview', args: { review: 'review-1', ids, team } }])
  await expect.poll(() => sheet.elements()).toEqual([])
})

test('Enter in the list uploads nothing; Ctrl+Enter uploads', async () => {
  const { asked } = await openReview(twoFiles, reviewOf(twoFiles))
  await expect.poll(focusedName).toBe('loras, 2 files, expanded')
  await userEvent.keyboard('{Enter}{Enter}')
  expect(asked).toEqual([])
  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  await expect.poll(() => asked.map(({ name }) => name)).toEqual(['approveReview'])
})

test('nothing is uploaded before a team is chosen', async () => {
  const { sheet, asked, emit } = await openReview(twoFiles, reviewOf(twoFiles, { team: null }))
  const upload = sheet.getByRole('button', { name: /^Upload 2 files/ })
  await expect.element(upload).toHaveAttribute('aria-disabled', 'true')
  await expect.element(upload).toHaveAccessibleDescription('Choose the team to upload to.')
  await expect.element(sheet.getByRole('button', { name: 'Choose team' })).toHaveFocus()
  await upload.click({ force: true })
  await userEvent.click(sheet.getByRole('button', { name: 'Choose team' }))
  await userEvent.click(sheet.getByRole('menuitemradio', { name: otherTeam.name }))
  const team = { accountId: 'account-1', teamId: otherTeam.id }
  expect(asked.map(({ name }) => name)).toEqual(['refreshTeams', 'setReviewTeam'])
  expect(asked.at(-1)?.args).toEqual({ review: 'review-1', team })
  emit('reviews', [reviewOf(twoFiles, { team })])
  await upload.click({ force: true })
  // The chosen team is the one of new files from then on.
  await expect
    .poll(() => asked.slice(2))
    .toEqual([
      { name: 'approveReview', args: { review: 'review-1', ids: ['Grain', 'Flux'], team } },
      { name: 'chooseTeam', args: team },
    ])
})

test('nothing is uploaded while files are inspected', async () => {
  const { sheet, asked, emit } = await openReview(twoFiles, reviewOf(twoFiles, { inspectingCount: 40 }))
  const upload = sheet.getByRole('button', { name: /^Upload 2 files/ })
  await expect.element(upload).toHaveAccessibleDescription('Checking 40 more files…')
  await upload.click({ force: true })
  expect(asked).toEqual([])
  emit('reviews', [reviewOf(twoFiles)])
  await expect.element(upload).toHaveAttribute('aria-disabled', 'false')
})

test('Escape keeps the files, and a line above the list opens the sheet again', async () => {
  const { sheet, screen, asked } = await openReview()
  await expect.poll(focusedName).toBe('Path conflicts, 1 file, expanded')
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => sheet.elements()).toEqual([])
  await expect.poll(() => document.activeElement).not.toBe(document.body)
  expect(asked).toEqual([])
  await expect.element(screen.getByText('9 files for Aurora Studio')).toBeVisible()
  const open = screen.getByRole('button', { name: 'Review', exact: true })
  await userEvent.click(open)
  await expect.element(sheet).toBeVisible()
  await userEvent.click(sheet.getByRole('button', { name: 'Later' }))
  await expect.element(open).toHaveFocus()
})

test('a review of an earlier session is opened by the user only', async () => {
  const { screen, emit } = await openPage({ rows: twoFiles })
  emit('reviews', [reviewOf(twoFiles)])
  const open = screen.getByRole('button', { name: 'Review', exact: true })
  await expect.element(open).toBeVisible()
  emit('reviews', [reviewOf(twoFiles, { secondsLeft: 60 })])
  await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument()
  await userEvent.click(open)
  await expect.element(screen.getByRole('dialog')).toBeVisible()
})

const olderRow = reviewRow('Old', { review: 'review-0', position: 9 })
const older = reviewOf([olderRow], { id: 'review-0' })

test('a drop opens its own review, and an older one stays closed with a line of its own', async () => {
  const { sheet, screen, asked, emit } = await openReview([...twoFiles, olderRow], reviewOf(twoFiles))
  emit('reviews', [older, reviewOf(twoFiles)])
  await expect.element(sheet.getByRole('heading', { name: 'Upload 2 files to' })).toBeVisible()
  await userEvent.click(sheet.getByRole('button', { name: /^Upload 2 files \(/ }))
  await expect.poll(() => asked.at(-1)?.args).toMatchObject({ review: 'review-1', ids: ['Grain', 'Flux'] })
  emit('reviews', [older])
  await expect.poll(() => sheet.elements()).toEqual([])
  await expect.element(screen.getByText('1 file for Aurora Studio')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Review', exact: true }))
  await expect.element(sheet.getByRole('heading', { name: 'Upload 1 file to' })).toBeVisible()
})

test('the review of a drop opens after the one that is open, unless that is kept for later', async () => {
  const { sheet, emit } = await openReview([...twoFiles, olderRow], reviewOf(twoFiles))
  const added = { added: 1, refused: 0, skipped: [], review: 'review-0' }
  emit('reviews', [reviewOf(twoFiles), older])
  emit('added', added)
  await expect.element(sheet.getByRole('heading', { name: 'Upload 2 files to' })).toBeVisible()
  emit('reviews', [older])
  await expect.element(sheet.getByRole('heading', { name: 'Upload 1 file to' })).toBeVisible()
  await userEvent.click(sheet.getByRole('button', { name: 'Later' }))
  emit('added', added)
  await expect.poll(() => sheet.elements()).toEqual([])
})

test('a review without anything to upload says how many files it has, and uploads nothing', async () => {
  const rows = [taken('Grain')]
  const { sheet } = await openReview(rows, {
    ...reviewOf(rows, { groups: [{ kind: 'path-conflict', files: [{ id: 'Grain', name: 'Old' }] }] }),
  })
  await expect.element(sheet.getByRole('heading', { name: 'Review 1 file for' })).toBeVisible()
  await expect
    .element(sheet.getByRole('button', { name: 'Upload', exact: true }))
    .toHaveAttribute('aria-disabled', 'true')
})

test('Discard removes the files, and Undo restores them', async () => {
  const ids = reviewRows.map(({ id }) => id)
  const { sheet, screen, asked } = await openReview(undefined, undefined, {
    discardReview: () => success(ids),
  })
  await userEvent.click(sheet.getByRole('button', { name: 'Discard' }))
  await expect.poll(() => sheet.elements()).toEqual([])
  await expect.element(screen.getByText('9 files won’t be uploaded.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  expect(asked).toEqual([
    { name: 'discardReview', args: { review: 'review-1' } },
    { name: 'undoRemove', args: { ids } },
  ])
})

test('Discard while files are still being checked stops that, without Undo', async () => {
  const { sheet, screen } = await openReview(twoFiles, reviewOf(twoFiles, { inspectingCount: 40 }), {
    discardReview: () => success(['Grain', 'Flux']),
  })
  await userEvent.click(sheet.getByRole('button', { name: 'Discard' }))
  await expect.element(screen.getByText('Reading stopped. Nothing was added.')).toBeVisible()
  await expect.poll(() => sheet.elements()).toEqual([])
  expect(screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
})

const taken = (name: string, code: 'path-taken' | 'path-taken-here' = 'path-taken') =>
  reviewRow(name, { failure: failure(code, { name: `Old ${name}`, uploadId: 'Twin' }) })
const conflicts = [taken('Grain'), taken('Flux'), taken('Ink', 'path-taken-here'), reviewRow('Twin')]
const inConflict = reviewOf(conflicts, {
  groups: [
    { kind: 'path-conflict', files: ['Grain', 'Flux', 'Ink'].map((id) => ({ id, name: `Old ${id}` })) },
  ],
})

test('a path conflict is replaced, kept beside the other or skipped, for one file and for all', async () => {
  const { sheet, asked } = await openReview(conflicts, inConflict)
  const press = (name: string) => userEvent.click(sheet.getByRole('button', { name }))
  await press('Replace: Grain')
  await press('Keep both: Flux')
  await press('Skip: Flux')
  await press('Replace all: Path conflicts')
  await press('Keep both for all: Path conflicts')
  await press('Skip all: Path conflicts')
  expect(asked).toEqual([
    { name: 'decide', args: { ids: ['Grain'], choice: 'replace', fate: 'disable' } },
    { name: 'decide', args: { ids: ['Flux'], choice: 'keep-both', fate: 'disable' } },
    { name: 'excludeFromReview', args: { ids: ['Flux'] } },
    { name: 'decide', args: { ids: ['Grain', 'Flux'], choice: 'replace', fate: 'disable' } },
    { name: 'decide', args: { ids: ['Grain', 'Flux', 'Ink'], choice: 'keep-both', fate: 'disable' } },
    { name: 'excludeFromReview', args: { ids: ['Grain', 'Flux', 'Ink'] } },
  ])
})

test('a file of the same drop can’t be replaced, and a decision can be changed', async () => {
  const { sheet, emit, asked } = await openReview(conflicts, inConflict)
  const ink = sheet.getByRole('row', { name: /^Ink,/ })
  await expect.element(ink).toMatchTextContent('In this drop: Old Ink')
  expect(ink.getByRole('button', { name: /^Replace/ }).elements()).toEqual([])
  const conflict = failure('path-taken', { name: 'Old Grain', suggestion: 'models/loras/Grain-2.bin' })
  const files = [{ id: 'Grain', name: 'Old Grain', isDecided: true }] as const
  emit('reviews', [reviewOf(conflicts, { groups: [{ kind: 'path-conflict', files }] })])
  // The review is reported before the row: the section must not move meanwhile.
  await expect.element(sheet.getByRole('row', { name: 'Path conflicts, 1 file, expanded' })).toBeVisible()
  emit('patch', patchOf(2, [{ ...reviewRow('Grain'), decided: { choice: 'replace', conflict } }]))
  const grain = sheet.getByRole('row', { name: /^Grain,/ })
  await expect.element(grain).toMatchTextContent(`Replaces Old Grain in ${reviewRow('Grain').team.name}`)
  await expect.element(grain.getByRole('button', { name: 'Replace: Grain', pressed: true })).toBeVisible()
  await userEvent.click(grain.getByRole('button', { name: 'Keep both: Grain', pressed: false }))
  expect(asked.at(-1)).toMatchObject({ name: 'decide', args: { ids: ['Grain'], choice: 'keep-both' } })
  emit('patch', patchOf(3, [{ ...reviewRow('Grain'), decided: { choice: 'keep-both', conflict } }]))
  await expect.element(grain).toMatchTextContent('Kept as models/loras/Grain-2.bin')
})

test('skips a file by its button, which can be undone in the sheet', async () => {
  const { sheet, asked } = await openReview()
  await userEvent.click(sheet.getByRole('button', { name: 'Skip: Private' }))
  await userEvent.click(sheet.getByRole('button', { name: 'Undo' }))
  expect(asked).toEqual([
    { name: 'excludeFromReview', args: { ids: ['Private'] } },
    { name: 'undoRemove', args: { ids: ['Private'] } },
  ])
})

test('an unsafe file is accepted by its own button, which also takes it back', async () => {
  const { sheet, asked, emit } = await openReview()
  const accept = sheet.getByRole('button', { name: 'Upload anyway…: Trap' })
  await userEvent.click(accept)
  const files = [{ id: 'Trap', code: 'file-dangerous', isDecided: true }] as const
  emit('reviews', [reviewOf(reviewRows, { groups: [{ kind: 'unsafe', files }] })])
  await expect.element(accept).toHaveAttribute('aria-pressed', 'true')
  await userEvent.click(accept)
  expect(asked).toEqual(['allow', 'disallow'].map((name) => ({ name, args: { ids: ['Trap'] } })))
})

test('a broken file is shown in its folder and read again once it is repaired', async () => {
  const { sheet, asked } = await openReview()
  await expand(sheet, 'Not uploaded')
  const broken = sheet.getByRole('row', { name: /^Broken,/ })
  await userEvent.click(broken.getByRole('button', { name: 'Show in folder: Broken' }))
  await userEvent.click(broken.getByRole('button', { name: 'Try again: Broken' }))
  expect(asked).toEqual([
    { name: 'showInFolder', args: { id: 'Broken' } },
    { name: 'retry', args: { ids: ['Broken'] } },
  ])
})

test('works with the keyboard: arrows, collapse and expand, edit, skip', async () => {
  const { sheet, asked } = await openReview()
  await expect.poll(focusedName).toBe('Path conflicts, 1 file, expanded')
  await userEvent.keyboard('{ArrowDown}')
  await expect.poll(focusedName).toMatch(/^Taken,/)
  await userEvent.keyboard('{ArrowLeft}')
  await expect.poll(focusedName).toBe('Path conflicts, 1 file, expanded')
  await userEvent.keyboard('{ArrowLeft}')
  await expect.poll(focusedName).toBe('Path conflicts, 1 file, collapsed')
  await userEvent.keyboard('{ArrowRight}')
  await expect.poll(focusedName).toBe('Path conflicts, 1 file, expanded')
  await userEvent.keyboard(' ')
  await expect.poll(focusedName).toBe('Path conflicts, 1 file, collapsed')
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}{F2}')
  const field = sheet.getByRole('textbox', { name: 'Name' })
  await expect.element(field).toHaveFocus()
  await userEvent.fill(field, 'My private')
  await userEvent.keyboard('{Enter}')
  await expect.poll(focusedName).toMatch(/^Private,/)
  await userEvent.keyboard('{Delete}')
  expect(asked).toEqual([
    { name: 'editTarget', args: { id: 'Private', change: { displayName: 'My private' } } },
    { name: 'excludeFromReview', args: { ids: ['Private'] } },
  ])
})

test('the focus moves on when a file leaves the review, and to the list when the last one does', async () => {
  const { sheet, emit } = await openReview(twoFiles, reviewOf(twoFiles))
  await expect.poll(focusedName).toBe('loras, 2 files, expanded')
  await userEvent.keyboard('{End}{Delete}')
  emit('patch', patchOf(2, [], ['Flux']))
  emit('reviews', [reviewOf([reviewRow('Grain')])])
  await expect.poll(focusedName).toMatch(/^Grain,/)
  emit('patch', patchOf(3, [row('Grain')]))
  emit('reviews', [])
  await expect.poll(() => sheet.elements()).toEqual([])
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Grain')
})

test('Undo after an approval opens the review again, also if files have stayed in it', async () => {
  const approval = { approvedCount: 2, drop: 'approval-1', newIds: ['Grain', 'Flux'] }
  const { sheet, screen, asked, emit } = await openReview(twoFiles, reviewOf(twoFiles), {
    approveReview: () => success(approval),
    undoAdd: () => success(approval.newIds),
  })
  await userEvent.click(sheet.getByRole('button', { name: /^Upload 2 files/ }))
  await expect.element(screen.getByText('2 files added.', { exact: false })).toBeVisible()
  await expect.poll(() => sheet.elements()).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  emit('reviews', [reviewOf(twoFiles)])
  await expect.element(sheet).toBeVisible()
  expect(asked.at(-1)).toEqual({ name: 'undoAdd', args: { drop: 'approval-1' } })
  await expect.poll(() => screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
})

test('a failed approval keeps the sheet open and says why', async () => {
  const { sheet } = await openReview(twoFiles, reviewOf(twoFiles), {
    approveReview: () => ({ ok: false, failure: failure('no-team') }),
  })
  await userEvent.click(sheet.getByRole('button', { name: /^Upload 2 files/ }))
  await expect.element(sheet.getByRole('alert').first()).toBeVisible()
})

test('shows 10,000 files, of which it draws only those in view', async () => {
  const rows = Array.from({ length: 10_000 }, (_, position) => reviewRow(`File ${position}`, { position }))
  const files = rows.slice(0, 5_000).map(({ id }) => ({ id, licence: 'llama3' }))
  const { sheet } = await openReview(rows, reviewOf(rows, { groups: [{ kind: 'licence', files }] }))
  await expect.poll(focusedName).toBe('Restrictive licences, 5,000 files, expanded')
  await userEvent.keyboard('{ArrowDown}{ArrowDown}')
  await expect.poll(focusedName).toMatch(/^File 1,/)
  expect(sheet.element().querySelectorAll('[role=row]').length).toBeLessThan(40)
})

test('opens only once it is certain that there is something to upload or to decide', async () => {
  const { sheet, emit } = await openReview(twoFiles, reviewOf(twoFiles, { isComparing: true }))
  emit('reviews', [reviewOf(twoFiles, { hasWork: false })])
  await expect.element(sheet).not.toBeInTheDocument()
  emit('reviews', [reviewOf(twoFiles)])
  await expect.element(sheet).toBeVisible()
})
