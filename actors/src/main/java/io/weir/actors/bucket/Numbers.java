package io.weir.actors.bucket;

/** Gives the numbers of an auto-increment column, each once. */
@FunctionalInterface
interface Numbers {
    /** @throws io.weir.codec.WeirException where there is none now, saying why */
    long next();
}
