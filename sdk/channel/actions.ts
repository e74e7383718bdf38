/** How the texts of errors begin. */
export const sendAction = 'value could not be sent'
export const requestAction = 'request could not be made'
