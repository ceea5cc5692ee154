/** The function of the running engine that answers requests of the data API, for the `iii` command. */
export const dataFunctionId = 'engine::control::request';
