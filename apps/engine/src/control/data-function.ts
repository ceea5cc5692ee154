/** The function of the running engine that answers requests of the data API, for the `iii` command. */
export const dataFunctionId = 'engine::control::request';
/** Changes the token of remote workers. Answers only the `iii` command. */
export const rotateTokenFunctionId = 'engine::control::rotate_worker_token';
