import type { MessageBoxOptions } from 'electron'
import type { Account } from '../../contract/account.ts'
import type { UploadConfirmation } from '../../contract/discovery.ts'
import type { Failure } from '../../contract/failures.ts'
import { visibleName, visiblePath, visibleText } from '../../contract/visible-text.ts'
import { failureText, type Params, type Translate } from '../../messages/messages.ts'
import type { Language } from '../settings/language.ts'
import type { AskQuestion, QuestionKind } from './question-queue.ts'

/** Where files go, or which library is changed. */
export interface Destination {
  readonly team: string
  readonly account: string
  /** Host of the team's server. */
  readonly server: string
}

/** Models or files of a question: how many, and the names of those that are known. */
export interface NamedItems {
  readonly count: number
  readonly names: readonly string[]
}

/** Questions in native dialogs about what the page must not do by itself. */
export interface Confirmations {
  /** Asks whether to upload files that were found by the app rather than picked by the user. */
  confirmSending(question: UploadConfirmation): Promise<boolean>
  /** Asks whether to upload files to a team that were added for another one. */
  confirmOtherTeam(question: UploadConfirmation): Promise<boolean>
  /** Asks whether to add a server, before the first request to it. */
  confirmServer(address: string): Promise<boolean>
  /** Asks whether to add the account of another person. */
  confirmAccount(account: Pick<Account, 'email' | 'name' | 'server'>): Promise<boolean>
  /** Asks whether new models in a folder may be uploaded to a team. */
  confirmWatching(folder: string, destination: Destination): Promise<boolean>
  /** Asks whether to delete models from a team's library. */
  confirmDeleting(models: NamedItems, destination: Destination): Promise<boolean>
  /** Asks whether to upload files of one team although they can run code when they are loaded. */
  confirmUnsafe(files: readonly UnsafeFile[], destination: Destination): Promise<boolean>
  /** Asks whether these uploads may delete the models that they replace. */
  confirmReplacing(uploads: NamedItems): Promise<boolean>
  /** Asks whether uploads may delete the models that they replace from now on. */
  confirmReplacedFate(): Promise<boolean>
}

/** A file that can run code, and what was found in it. */
export interface UnsafeFile {
  readonly fileName: string
  readonly finding: Failure
}

interface Question {
  readonly message: string
  readonly detail: string
  /** The label of the button that confirms. */
  readonly action: string
}

/** More would make a native dialog too long. */
const namesShown = 5

/** The question about uploading files to a team, with its texts from `textOf`. */
function uploadQuestion(
  { count, sizeBytes, team, server }: UploadConfirmation,
  textOf: (part: 'question' | 'explanation' | 'send', params: Params) => string,
): Question {
  const texts = { team: visibleName(team), server }
  return {
    message: textOf('question', { count, sizeBytes, ...texts }),
    detail: textOf('explanation', texts),
    action: textOf('send', { count }),
  }
}

/** @param showMessage returns the index of the clicked button */
export function createConfirmations(
  showMessage: (box: MessageBoxOptions) => Promise<number>,
  ask: AskQuestion,
  language: Language,
): Confirmations {
  /** Cancel is the default, so that a key pressed at the wrong moment confirms nothing. */
  const confirm = (kind: QuestionKind, question: (t: Translate) => Question) =>
    ask(kind, async () => {
      const t = language.translate()
      const { message, detail, action } = question(t)
      const clicked = await showMessage({
        type: 'question',
        message,
        detail,
        buttons: [action, t('dialog.cancel')],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      })
      return clicked === 0
    })

  return {
    confirmSending: (asked) =>
      confirm('send', (t) => uploadQuestion(asked, (part, params) => t(`send-found.${part}`, params))),
    confirmOtherTeam: (asked) =>
      confirm('other-team', (t) => uploadQuestion(asked, (part, params) => t(`other-team.${part}`, params))),
    confirmServer(address) {
      const { host } = new URL(address)
      return confirm('server', (t) => ({
        message: t('add-server.question', { host }),
        detail: t('add-server.explanation', { address: visibleText(address) }),
        action: t('add-server.add'),
      }))
    },
    confirmAccount({ email, name, server }) {
      const { host } = new URL(server)
      return confirm('account', (t) => ({
        message: t('add-account.question', { account: visibleName(email || name) }),
        detail: t('add-account.explanation', { server: host }),
        action: t('add-account.add'),
      }))
    },
    confirmWatching(folder, destination) {
      const texts = visibleDestination(destination)
      return confirm('watch', (t) => ({
        message: t('watch-folder.question', { folder: visiblePath(folder), ...texts }),
        detail: t('watch-folder.explanation', texts),
        action: t('watch-folder.upload'),
      }))
    },
    confirmDeleting(models, destination) {
      const { count, names } = models
      const texts = { count, ...visibleDestination(destination) }
      const [name] = names
      return confirm('delete', (t) => ({
        message:
          count === 1 && name !== undefined
            ? t('delete-models.question-one', { name: visibleName(name), ...texts })
            : t('delete-models.question', texts),
        detail: withNames(models, t('delete-models.explanation', texts), t),
        action: t('delete-models.delete', { count }),
      }))
    },
    confirmUnsafe(files, destination) {
      const [first] = files
      const count = files.length
      const names = files.map(({ fileName }) => fileName)
      const texts = { count, ...visibleDestination(destination) }
      return confirm('unsafe', (t) => {
        const explanation = t('allow-unsafe.explanation', texts)
        if (count !== 1 || !first)
          return {
            message: t('allow-unsafe.question', texts),
            detail: withNames({ count, names }, explanation, t),
            action: t('allow-unsafe.allow', { count }),
          }
        return {
          message: t('allow-unsafe.question-one', { name: visibleName(first.fileName), ...texts }),
          detail: `${failureText(first.finding, t)}\n\n${explanation}`,
          action: t('allow-unsafe.allow', { count }),
        }
      })
    },
    confirmReplacing: (uploads) =>
      confirm('replace', (t) => ({
        message: t('replace-models.question', { count: uploads.count }),
        detail: withNames(uploads, t('replace-models.explanation'), t),
        action: t('replace-models.replace'),
      })),
    confirmReplacedFate: () =>
      confirm('replace', (t) => ({
        message: t('replaced-fate.question'),
        detail: t('replaced-fate.explanation'),
        action: t('replaced-fate.delete'),
      })),
  }
}

/** Lists the first names of several items, one a line, above an explanation. */
function withNames({ count, names }: NamedItems, explanation: string, t: Translate): string {
  const shown = names.slice(0, namesShown)
  if (count === 1 || shown.length === 0) return explanation
  const lines = shown.map((name) => `• ${visibleName(name)}`)
  const more = count - shown.length
  return [...lines, ...(more > 0 ? [t('names.more', { count: more })] : []), '', explanation].join('\n')
}

/** Team and account are named by the server. */
const visibleDestination = ({ team, account, server }: Destination) => ({
  team: visibleName(team),
  account: visibleName(account),
  server,
})
