package io.weir.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;

/** The layout of docs/architecture.md, held: dependencies point one way, and what must be injected is. */
@AnalyzeClasses(
        packages = "io.weir",
        importOptions = {ImportOption.DoNotIncludeTests.class, LayeringTest.NoTestJars.class})
class LayeringTest {
    /** Tests of other modules come as archives. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    @ArchTest
    static final ArchRule dependenciesPointUpwards = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("codec")
            .definedBy("io.weir.codec..")
            .layer("persistence")
            .definedBy("io.weir.persistence..")
            .layer("lake")
            .definedBy("io.weir.lake..")
            .layer("actors")
            .definedBy("io.weir.actors..")
            .layer("sharding")
            .definedBy("io.weir.sharding..")
            .layer("http")
            .definedBy("io.weir.http..")
            .layer("client")
            .definedBy("io.weir.client..")
            .layer("server")
            .definedBy("io.weir.server..")
            .whereLayer("server")
            .mayNotBeAccessedByAnyLayer()
            // Beside the store, not above it: it knows the store by its HTTP contract, and the store does not know it.
            .whereLayer("client")
            .mayOnlyAccessLayers("codec")
            .whereLayer("client")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("server")
            .whereLayer("sharding")
            .mayOnlyBeAccessedByLayers("http", "server")
            .whereLayer("actors")
            .mayOnlyBeAccessedByLayers("sharding", "http", "server")
            .whereLayer("lake")
            .mayOnlyBeAccessedByLayers("actors", "sharding", "http", "server")
            .whereLayer("persistence")
            .mayOnlyBeAccessedByLayers("lake", "actors", "sharding", "http", "server")
            .whereLayer("codec")
            .mayOnlyBeAccessedByLayers("persistence", "lake", "actors", "sharding", "http", "client", "server");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("io.weir.(*).(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule codecAndPersistenceKnowNoActors = noClasses()
            .that()
            .resideInAnyPackage("io.weir.codec..", "io.weir.persistence..", "io.weir.lake..")
            // Streams, HTTP and the S3 connector; of actors no more than the system they run in.
            .and()
            .resideOutsideOfPackage("io.weir.persistence.objects..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.pekko..");

    @ArchTest
    static final ArchRule objectsUseOnlyTheStreamsOfPekko = noClasses()
            .that()
            .resideInAPackage("io.weir.persistence.objects..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.pekko.actor.typed..", "org.apache.pekko.cluster..", "org.apache.pekko.persistence..");

    @ArchTest
    static final ArchRule timeIsInjected = noClasses()
            .that()
            .resideInAnyPackage("io.weir.codec..", "io.weir.persistence..", "io.weir.lake..", "io.weir.actors..")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(Clock.class, "systemUTC");

    @ArchTest
    static final ArchRule nothingSleeps = noClasses()
            .that()
            .resideOutsideOfPackage("io.weir.server..")
            .should()
            .callMethod(Thread.class, "sleep", long.class);
}
