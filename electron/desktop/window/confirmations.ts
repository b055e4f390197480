import { app, type MessageBoxOptions } from 'electron'
import type { Account } from '../../contract/account.ts'
import type { UploadConfirmation } from '../../contract/discovery.ts'
import { visibleName, visibleText } from '../../contract/visible-text.ts'
import type { Language } from '../settings/language.ts'

/** Where files go, or which library is changed. */
export interface Destination {
  readonly team: string
  readonly account: string
  /** Host of the team's server. */
  readonly server: string
}

/** Questions in native dialogs about what the page must not do by itself. */
export interface Confirmations {
  /** Asks whether to upload files that were found by the app rather than picked by the user. */
  confirmSending(question: UploadConfirmation): Promise<boolean>
  /** Asks whether to add a server, before the first request to it. */
  confirmServer(address: string): Promise<boolean>
  /** Asks whether to add the account of another person. */
  confirmAccount(account: Pick<Account, 'email' | 'name' | 'server'>): Promise<boolean>
  /** Asks whether new models in a folder may be uploaded to a team. */
  confirmWatching(folder: string, destination: Destination): Promise<boolean>
  /** Asks whether to delete models from a team's library. */
  confirmDeleting(count: number, destination: Destination): Promise<boolean>
}

/** @param showMessage returns the index of the clicked button */
export function createConfirmations(
  showMessage: (box: MessageBoxOptions) => Promise<number>,
  language: Language,
): Confirmations {
  const confirm = createConfirm(showMessage, language)
  return {
    confirmSending({ count, sizeBytes, team, server }) {
      const t = language.translate()
      const texts = { team: visibleName(team), server }
      return confirm(
        t('send-found.question', { count, sizeBytes, ...texts }),
        t('send-found.explanation', texts),
        t('send-found.send', { count }),
      )
    },
    confirmServer(address) {
      const t = language.translate()
      const { host } = new URL(address)
      return confirm(
        t('add-server.question', { host }),
        t('add-server.explanation', { address: visibleText(address) }),
        t('add-server.add'),
      )
    },
    confirmAccount({ email, name, server }) {
      const t = language.translate()
      const { host } = new URL(server)
      return confirm(
        t('add-account.question', { account: visibleName(email || name) }),
        t('add-account.explanation', { server: host }),
        t('add-account.add'),
      )
    },
    confirmWatching(folder, destination) {
      const t = language.translate()
      const texts = visibleDestination(destination)
      return confirm(
        t('watch-folder.question', { folder: visibleText(folder), ...texts }),
        t('watch-folder.explanation', texts),
        t('watch-folder.upload'),
      )
    },
    confirmDeleting(count, destination) {
      const t = language.translate()
      const texts = visibleDestination(destination)
      return confirm(
        t('delete-models.question', { count, ...texts }),
        t('delete-models.explanation', texts),
        t('delete-models.delete', { count }),
      )
    },
  }
}

/**
 * Creates the function that asks. Cancel is the default, so that a key pressed at the wrong moment confirms
 * nothing. Questions wait for each other, and one that is declined also declines those that wait: a page cannot
 * wear the user out with questions.
 */
function createConfirm(showMessage: (box: MessageBoxOptions) => Promise<number>, language: Language) {
  let lastAnswer: Promise<boolean> | null = null

  return async function confirm(message: string, detail: string, action: string): Promise<boolean> {
    const before = lastAnswer
    const box: MessageBoxOptions = {
      type: 'question',
      title: app.getName(),
      message,
      detail,
      buttons: [action, language.translate()('dialog.cancel')],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    }
    const answer = Promise.resolve(before).then(
      async (isConfirmed) => isConfirmed !== false && (await showMessage(box)) === 0,
    )
    lastAnswer = answer
    try {
      return await answer
    } finally {
      if (lastAnswer === answer) lastAnswer = null
    }
  }
}

/** Team and account are named by the server. */
const visibleDestination = ({ team, account, server }: Destination) => ({
  team: visibleName(team),
  account: visibleName(account),
  server,
})
