using Periplon.Configuration;

namespace Periplon.Tests.Configuration;

public sealed class ConfigLoaderTests : IDisposable
{
    private readonly ConfigFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Load_NoFileAndNoVariable_IsEmbeddedOnLoopback()
    {
        var config = _fixture.LoadGood();

        config.Storage.Backend.ShouldBe("sqlite");
        (config.Server.Host, config.Server.Port).ShouldBe(("127.0.0.1", 8080));
        config.SqlitePath(_fixture.Directory).ShouldBe(Path.Combine(_fixture.Directory, "data", "periplon.db"));
        config.WorkPath(_fixture.Directory).ShouldBe(Path.Combine(_fixture.Directory, "data", "work"));
    }

    [Fact]
    public void Load_ShippedFile_SaysEveryKeyAndEqualsTheDefaults()
    {
        var result = _fixture.Load(Repository.PathOf(ConfigSources.DefaultFile));

        result.Problems.ShouldBeEmpty();
        ConfigReport.Render(result.Config!, result, origins: false).ToJsonString()
            .ShouldBe(ConfigReport.Render(new PeriplonConfig(), result, origins: false).ToJsonString());
        ConfigSchema.Settings.Where(setting => result.OriginOf(setting.Path).Kind != "file").Select(setting => setting.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"server": {"port": "80"}}""", "server.port: expected a whole number from 0 to 65535, found \"80\"")]
    [InlineData("""{"server": {"port": 70000}}""", "server.port: expected a whole number from 0 to 65535, found 70000")]
    [InlineData("""{"server": {"port": 80.5}}""", "server.port: expected a whole number from 0 to 65535, found 80.5")]
    [InlineData("""{"server": {"port": null}}""", "server.port: expected a whole number from 0 to 65535, found null")]
    [InlineData("""{"server": {"prot": 80}}""", "server.prot: is not a known key; did you mean 'port'?")]
    [InlineData("""{"server": {"slots": 80}}""", "server.slots: is not a known key; did you mean 'worker.slots'?")]
    [InlineData("""{"sever": {}}""", "sever: is not a known key; did you mean 'server'?")]
    [InlineData("""{"queue": {"zzz": 1}}""", "queue.zzz: is not a known key; known are partitions, sweep_interval_secs, window, ageing_secs")]
    [InlineData("""{"server": []}""", "server: expected an object with host, port, data_dir, max_body_bytes, log_level, environment, tls, cors, found []")]
    [InlineData("""{"server": {"host": "myhost"}}""", "server.host: expected an IP address, \"localhost\" or \"*\", found \"myhost\"")]
    [InlineData("""{"server": {"host": "0.0.0.0"}}""", "server.host: this version has no sign-in and listens on the loopback address only; found \"0.0.0.0\", allowed is 127.0.0.1")]
    [InlineData("""{"server": {"host": ""}}""", "server.host: expected a string, found an empty string")]
    [InlineData("""{"server": {"log_level": "inf"}}""", """server.log_level: expected one of "trace", "debug", "info", "warning", "error", found "inf"; did you mean "info"?""")]
    [InlineData("""{"server": {"tls": {"enabled": 1}}}""", "server.tls.enabled: expected true or false, found 1")]
    [InlineData("""{"server": {"cors": {"allowed_origins": ["x"]}}}""", "server.cors.allowed_origins[0]: expected an origin such as https://app.example.com, found \"x\"")]
    [InlineData("""{"worker": {"tags": ["a", 1]}}""", "worker.tags: expected a list of strings, found a list with 1 at index 1")]
    [InlineData("""{"worker": {"tags": "a"}}""", "worker.tags: expected a list of strings, found \"a\"")]
    [InlineData("""{"cluster": {"clustering": "redis"}}""", "cluster.clustering: expected \"adonet\", found \"redis\"")]
    [InlineData("""{"cluster": {"silo_port": 8080}}""", "cluster.silo_port: port 8080 is also that of server.port; each needs its own")]
    [InlineData(
        """{"cluster": {"silo_listen_port": 11112}}""",
        "cluster.silo_listen_port: needs cluster.silo_port, the port that other silos reach this one at")]
    [InlineData("""{"cluster": {"probe_timeout_secs": 5}}""", "cluster.max_probe_timeout_secs: expected at least cluster.probe_timeout_secs (5), found 2")]
    [InlineData("""{"storage": {"backend": "postgres"}}""", """storage.url: is missing, but storage.backend is "postgres"; expected postgres://user:password@host:5432/database""")]
    [InlineData("""{"storage": {"url": "postgres://h/d"}}""", """storage.url: is given, but storage.backend is "sqlite"; set storage.backend to "postgres" or remove the URL""")]
    [InlineData("""{"storage": {"backend": "postgres", "url": "postgres://h/d", "max_connections": 20, "journal": {"flushers": 15}}}""", "storage.max_connections: expected at least storage.journal.flushers and 6 more (21), found 20")]
    [InlineData("""{"auth": {"jwt_secret": "short"}}""", "auth.jwt_secret: is shorter than 32 characters; make one with 'openssl rand -base64 48', or remove it")]
    [InlineData("""{"auth": {"jwt_secret": 5}}""", "auth.jwt_secret: expected a string, or null, found something else")]
    [InlineData("""{"ai": {"endpoint": "nowhere"}}""", "ai.endpoint: expected an http or https address, found \"nowhere\"")]
    [InlineData("""{"user_storage": {}}""", "user_storage: users are kept in the database of 'storage'; remove this section")]
    [InlineData("""{"server": {"port": 1, "port": 2}}""", "server.port: is given twice; keep one of the two")]
    [InlineData("""{"server": {"worker_concurrency": 3}, "worker": {"slots": 4}}""", "worker.slots: says the same as server.worker_concurrency; keep one of the two")]
    [InlineData("""{"server": {"host": "${NOT_SET}"}}""", "server.host: the environment variable NOT_SET is not set; set it, or write ${NOT_SET:-default}")]
    [InlineData("""{"server": {"host": "${NOT SET}"}}""", "server.host: '${NOT SET}' is no reference to a variable; allowed are ${NAME} and ${NAME:-default}")]
    [InlineData("""{"server": {"host": "${NOT"}}""", "server.host: '${' without '}'; write '$${' for the text '${'")]
    public void Load_OneMistake_NamesPathFindingAndWhatIsAllowed(string json, string expected)
    {
        _fixture.Write(json);

        var result = _fixture.Load();

        result.Config.ShouldBeNull();
        result.Problems.Select(problem => problem.ToString()).ShouldBe([expected]);
    }

    [Fact]
    public void Load_ManyMistakes_ReportsAllAtOnce()
    {
        _fixture.Write("""{"server": {"port": -1, "hots": "x"}, "storage": {"backend": "mysql"}, "queue": {"partitions": "8"}}""");
        _fixture.Variables["PERIPLON__WORKER__SLOTS"] = "many";
        _fixture.Variables["PERIPLON__WORKER__SLOT"] = "4";

        _fixture.Load().Problems.Select(problem => problem.Path).ShouldBe(
            ["server.port", "server.hots", "storage.backend", "queue.partitions", "PERIPLON__WORKER__SLOT", "PERIPLON__WORKER__SLOTS"]);
    }

    [Fact]
    public void Load_NoJson_NamesLineAndColumn()
    {
        var file = _fixture.Write("{\n  \"server\": {,}\n}");

        _fixture.Load().Problems.ShouldHaveSingleItem().Message.ShouldStartWith($"{file}(2,14) is not JSON: ");
    }

    [Fact]
    public void Load_NamedFileIsMissing_IsAMistake() =>
        _fixture.Load("other.json").Problems.ShouldHaveSingleItem().Message
            .ShouldBe($"the configuration file {Path.Combine(_fixture.Directory, "other.json")} does not exist");

    [Fact]
    public void Load_CommentsAndTrailingCommas_AreAllowed()
    {
        _fixture.Write("// top\n{ /* in */ \"$schema\": \"x\", \"server\": { \"port\": 9000, }, }");

        _fixture.LoadGood().Server.Port.ShouldBe(9000);
    }

    [Fact]
    public void Load_EachLayer_WinsOverTheOneBefore()
    {
        var file = _fixture.Write("""{"server": {"host": "localhost", "port": 1001}, "worker": {"slots": 2}, "queue": {"partitions": 4}}""");
        _fixture.Variables["PERIPLON__SERVER__PORT"] = "1002";
        _fixture.Variables["periplon__worker__slots"] = "3";

        var result = _fixture.Load(arguments: new ConfigArgument("worker.slots", "5", "--slots"));

        result.Problems.ShouldBeEmpty();
        (result.Config!.Server.Host, result.Config.Server.Port, result.Config.Worker.Slots, result.Config.Queue.Partitions)
            .ShouldBe(("localhost", 1002, 5, 4));
        result.OriginOf("server.host").ToString().ShouldBe($"file:{file}");
        result.OriginOf("server.port").ToString().ShouldBe("env:PERIPLON__SERVER__PORT");
        result.OriginOf("worker.slots").ToString().ShouldBe("argument:--slots");
        result.OriginOf("worker.tags").ToString().ShouldBe("default");
    }

    [Fact]
    public void Load_VariablesOfListsAndNestedKeys_AreRead()
    {
        _fixture.Variables["PERIPLON__WORKER__TAGS"] = "gpu, linux";
        _fixture.Variables["PERIPLON__STORAGE__JOURNAL__FLUSHERS"] = "2";
        _fixture.Variables["PERIPLON__RETENTION__ENABLED"] = "false";

        var config = _fixture.LoadGood();

        config.Worker.Tags.ShouldBe(["gpu", "linux"]);
        config.Storage.Journal.Flushers.ShouldBe(2);
        config.Retention.Enabled.ShouldBeFalse();
    }

    [Theory]
    [InlineData("PERIPLON__SERVER__PROT", "there is no setting 'server.prot'; did you mean PERIPLON__SERVER__PORT?")]
    [InlineData("PERIPLON__SERVER", "'server' is a section, not a setting")]
    public void Load_UnknownVariable_IsAMistake(string name, string message)
    {
        _fixture.Variables[name] = "1";

        _fixture.Load().Problems.ShouldBe([new ConfigProblem(name, message)]);
    }

    [Fact]
    public void Load_VariableInAString_MayStandForANumber()
    {
        _fixture.Variables["HTTP_PORT"] = "9090";
        _fixture.Write("""{"server": {"port": "${HTTP_PORT}", "host": "${HOST:-::1}", "data_dir": "/a/$${x}/${EMPTY:-}b"}}""");

        var config = _fixture.LoadGood();

        (config.Server.Port, config.Server.Host, config.Server.DataDir).ShouldBe((9090, "::1", "/a/${x}/b"));
    }

    [Theory]
    [InlineData("""{"storage": {"backend": {"backend": "postgres", "url": "postgres://u:p@h/d", "max_connections": 70}}}""")]
    [InlineData("""{"storage": {"backend": "postgres", "postgres": {"url": "postgres://u:p@h/d", "max_connections": 70}, "sqlite": {"path": "x"}}}""")]
    [InlineData("""{"storage": {"backend": "postgres", "url": "postgres://u:p@h/d", "max_connections": 70}}""")]
    public void Load_EveryShapeOfABackend_MeansTheSame(string json)
    {
        _fixture.Write(json);

        var storage = _fixture.LoadGood().Storage;

        (storage.Backend, storage.Url, storage.MaxConnections, storage.Path).ShouldBe(("postgres", "postgres://u:p@h/d", 70, "periplon.db"));
    }

    [Theory]
    [InlineData("true", 1000)]
    [InlineData("false", 0)]
    [InlineData("3", 3)]
    public void Load_OlderNameOfSlots_IsTaken(string value, int slots)
    {
        _fixture.Write("{\"server\": {\"workers\": " + value + "}}");

        _fixture.LoadGood().Worker.Slots.ShouldBe(slots);
    }
}
