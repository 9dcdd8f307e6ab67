package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UploadBacklogTest {
    private final UploadBacklog backlog = new UploadBacklog();

    @Test
    void isTheSumOfWhatEachBucketSaidLast() {
        UploadBacklog.Part one = backlog.open();
        UploadBacklog.Part other = backlog.open();
        one.set(3, 300);
        other.set(1, 70);
        one.set(2, 200);
        assertThat(backlog.segments()).isEqualTo(3);
        assertThat(backlog.bytes()).isEqualTo(270);
    }

    @Test
    void aBucketThatLeadsNoMoreHasNoPartInIt() {
        UploadBacklog.Part one = backlog.open();
        backlog.open().set(1, 10);
        one.set(2, 20);
        one.close();
        one.close();
        one.set(5, 50);
        assertThat(backlog.segments()).isEqualTo(1);
        assertThat(backlog.bytes()).isEqualTo(10);
    }
}
