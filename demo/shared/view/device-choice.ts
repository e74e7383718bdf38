import { create } from './dom.js'

/** As much of a device as is needed to choose it. */
interface Device {
  readonly kind: string
  readonly id: string
  readonly label: string
}

/** Before the user has allowed any, browsers tell no labels. */
const nouns: Readonly<Record<string, string>> = { videoinput: 'Camera', audioinput: 'Microphone' }

const choices = [...document.querySelectorAll<HTMLSelectElement>('select[data-devices]')]

/** `<select data-devices="videoinput">` and `audioinput`, as many as there are of each. */
export const setUpDeviceChoice = (onChoice: (kind: 'audio' | 'video', id: string) => void): void => {
  for (const choice of choices) {
    const kind = choice.dataset['devices'] === 'videoinput' ? 'video' : 'audio'
    choice.addEventListener('change', () => onChoice(kind, choice.value))
  }
}

const optionsOf = (kind: string, devices: readonly Device[]): HTMLOptionElement[] =>
  devices
    .filter((device) => device.kind === kind)
    .map(({ id, label }, at) => {
      const option = create('option', '', label !== '' ? label : `${nouns[kind] ?? 'Device'} ${at + 1}`)
      option.value = id
      return option
    })

/** What there is to choose from, and what is in use, by their ids. */
export const showDevices = (devices: readonly Device[], used: readonly string[]): void => {
  for (const choice of choices) {
    const kind = choice.dataset['devices'] ?? ''
    const options = optionsOf(kind, devices)
    choice.disabled = options.length === 0
    if (options.length === 0) options.push(create('option', '', `No ${nouns[kind]?.toLowerCase() ?? 'device'} found`))
    for (const option of options) option.selected = used.includes(option.value)
    choice.replaceChildren(...options)
  }
}
