/** Buttons that are on or off, by what `data-switch` calls them; there may be several of a name. */
const switches = [...document.querySelectorAll<HTMLButtonElement>('button[data-switch]')]

export const setUpSwitches = (onSwitch: (name: string) => void): void => {
  for (const button of switches) button.addEventListener('click', () => onSwitch(button.dataset['switch'] ?? ''))
}

export const showSwitch = (name: string, isOn: boolean): void => {
  for (const button of switches) if (button.dataset['switch'] === name) button.ariaPressed = String(isOn)
}
