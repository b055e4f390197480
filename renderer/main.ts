import { mount } from 'svelte'
import Page from './Page.svelte'
import { bridge } from './bridge.ts'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
mount(Page, { target, props: { bridge: bridge() } })
