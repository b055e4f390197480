import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { choice, listing, openLibrary, rowCorner, threeModels } from '../support/library.ts'
import type { Answers } from '../support/fake-bridge.ts'
import { otherTeam, signedIn, team } from '../support/rows.ts'

const forbidden = failure('forbidden', { team: '' })

/** Opens a library; `showOtherTeam` shows that of another team, which is empty. */
async function openTeams(answers: Answers) {
  const opened = await openLibrary(threeModels, {
    library: ({ choice: shown }) => success(listing(shown.teamId === team.id ? threeModels : [])),
    ...answers,
  })
  const { screen, emit, names } = opened
  return {
    ...opened,
    async showOtherTeam() {
      emit('session', { ...signedIn(), chosen: { ...choice, teamId: otherTeam.id } })
      await expect.poll(names).toEqual([])
    },
    showFirstTeam: () => emit('session', { ...signedIn(), chosen: choice }),
    notice: (text: string) => screen.getByText(text, { exact: false }),
  }
}

test('a failed deletion is reported while another team is shown', async () => {
  const answer = Promise.withResolvers<null>()
  const { rowOf, showOtherTeam, notice } = await openTeams({
    async deleteModels() {
      await answer.promise
      return success([{ modelId: 'Depth', failure: forbidden }])
    },
  })
  await userEvent.dblClick(rowOf('Flux'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}{Delete}')
  await expect.element(rowOf('Depth')).toMatchTextContent('Deletion requested')
  await showOtherTeam()
  answer.resolve(null)
  const text = `Couldn’t delete 1 model in ${team.name}. You don’t have permission to change models`
  await expect.element(notice(text)).toBeVisible()
})

test('a failed deletion is shown once its team is shown again', async () => {
  const answer = Promise.withResolvers<null>()
  const { rowOf, showOtherTeam, showFirstTeam, notice } = await openTeams({
    async deleteModels() {
      await answer.promise
      return failed(forbidden)
    },
  })
  await userEvent.dblClick(rowOf('Depth'), rowCorner)
  await userEvent.keyboard('{Delete}')
  await expect.element(rowOf('Depth')).toMatchTextContent('Deletion requested')
  await showOtherTeam()
  showFirstTeam()
  await expect.element(rowOf('Depth')).toBeVisible()
  answer.resolve(null)
  await expect.element(notice('Couldn’t delete.')).toBeVisible()
})
