"""The stand for fault tests: Asterisk, the service and callers, each to be hurt alone.

Asterisk and the service are two children of the test, so that either may die while the
other one goes on. What is true is read beside the service: from its database, and from
Asterisk itself.

    async with house(folder) as h:          # Asterisk is up, everything is installed
        async with h.service() as service:  # `ivrflow serve`, started anew when it dies
            await service.ready()
            service.kill()                  # SIGKILL; 200 ms later the next one starts
            await service.ready()
            assert h.truth.rows("select ...") == [...]
            assert await h.up() == []       # channels and bridges in Asterisk
"""
