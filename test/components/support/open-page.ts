import { render, type RenderResult } from 'vitest-browser-svelte'
import { expect } from 'vitest'
import type { Locator } from 'vitest/browser'
import Page from '../../../renderer/Page.svelte'
import { fakeBridge, type FakeBridge } from './fake-bridge.ts'

export interface OpenPage extends FakeBridge {
  readonly screen: RenderResult<typeof Page>
  /** The rendered row with this name. */
  readonly rowOf: (name: string) => Locator
  /** Text of all rendered lines of the list below the column headers, from top to bottom. */
  readonly lines: () => string[]
}

/** Opens the page with a fake main process and waits until it is rendered. */
export async function openPage(options: Parameters<typeof fakeBridge>[0] = {}): Promise<OpenPage> {
  const fake = fakeBridge(options)
  const screen = await render(Page, { props: { bridge: fake.bridge } })
  screen.container.id = 'app'
  await expect.poll(() => screen.container.querySelector('main, .view-error')).not.toBeNull()
  return {
    ...fake,
    screen,
    rowOf: (name) => screen.getByRole('row', { name: new RegExp(`^${name}[,，]`) }),
    lines: () =>
      [...screen.container.querySelectorAll('[role=grid] [role=row]:not(:has([role=columnheader]))')].map(
        (line) => line.getAttribute('aria-label') ?? line.textContent.trim().replace(/\s+/g, ' '),
      ),
  }
}
