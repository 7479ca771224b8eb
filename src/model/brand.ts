declare const brand: unique symbol;

/** A value of `T` that only its maker may make: two brands are never mixed up, though both are strings. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
