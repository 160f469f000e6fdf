/** Names a record among all customers'. The length keeps `a` + `bc` apart from `ab` + `c`. */
export const recordName = (customerId: string, id: string): string => `${customerId.length}:${customerId}${id}`
