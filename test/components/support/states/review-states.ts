import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../../electron/contract/failures.ts'
import { openReview, reviewRows } from '../review.ts'
import { reviewOf, reviewRow } from '../review-view.ts'
import { otherTeam } from '../rows.ts'
import type { States } from './state.ts'

const several = [reviewRow('Grain'), reviewRow('Flux', { team: otherTeam, position: 1 })]

/** The review before an upload. */
export const reviewStates: States = {
  'the review with every group': async () => {
    const page = await openReview()
    await expect.element(page.sheet.getByRole('row', { name: /^Path conflicts/ })).toHaveFocus()
    return page
  },
  'the end of the review with every group': async () => {
    const page = await openReview()
    await expect.element(page.sheet.getByRole('row', { name: /^Path conflicts/ })).toHaveFocus()
    await userEvent.keyboard('{End}')
    await expect.poll(() => document.activeElement?.getAttribute('aria-rowindex')).not.toBe('1')
    return page
  },
  'the review without a team, with an invalid path': async () => {
    const some = reviewRows.slice(-2)
    const page = await openReview(some, reviewOf(some, { team: null, inspectingCount: 3 }))
    await userEvent.click(
      page.sheet.getByRole('row', { name: /^Flux,/ }).getByRole('button', { name: /^Library path/ }),
    )
    await userEvent.fill(page.sheet.getByRole('textbox', { name: 'Library path' }), '/no')
    return page
  },
  'the review for several teams': () =>
    openReview(several, reviewOf(several, { team: null, isForSeveralTeams: true })),
  'a kept review, and an undo': async () => {
    const page = await openReview(undefined, undefined, { discardReview: () => success(['Flux']) })
    await userEvent.click(page.sheet.getByRole('button', { name: 'Discard' }))
    await expect.element(page.screen.getByRole('button', { name: 'Undo' })).toBeVisible()
    return page
  },
}
