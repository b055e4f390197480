import { expect } from 'vitest'
import { openPage, type OpenPage } from '../open-page.ts'

/** Brings the page into one state of one view. */
export type OpenState = () => Promise<OpenPage>

/** States of the page, by name. */
export type States = Readonly<Record<string, OpenState>>

/** Opens the page and then acts on it. */
export function opened(
  options: Parameters<typeof openPage>[0],
  act: (page: OpenPage) => unknown = () => undefined,
): OpenState {
  return async () => {
    const page = await openPage(options)
    await act(page)
    return page
  }
}

/** Waits until a text is on the page, so that a state is not looked at before it is complete. */
export const untilShown =
  (text: string | RegExp) =>
  ({ screen }: OpenPage): Promise<void> =>
    expect.element(screen.getByText(text, { exact: false }).first()).toBeInTheDocument()

/** A position in a row without controls. */
export const rowCorner = { position: { x: 12, y: 12 } }

/** Ends transitions, so that no test waits for them. Endless animations, such as a progress bar’s, go on. */
export async function endTransitions(): Promise<void> {
  const ending = document
    .getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
  for (const animation of ending) animation.finish()
  await Promise.all(ending.map(({ finished }) => finished.catch(() => undefined)))
}
