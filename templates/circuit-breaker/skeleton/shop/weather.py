"""The weather from a service outside, and the last one known while that service is down."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from shop.circuit import Circuit
from shop.clock import Clock
from shop.deadline import DeadlineClient


class UnknownCityError(LookupError):
    """The weather service has no such city: an answer, and no failure of the service."""


class NoWeatherError(Exception):
    """The weather service does not answer, and there is no earlier answer that may be shown."""


@dataclass(frozen=True)
class Weather:
    """The weather of a city, as it was told at a time."""

    celsius: float
    sky: str
    told_at: datetime


@dataclass(frozen=True)
class Report:
    """Weather to show; `is_stale` when it is an earlier answer, `age` seconds old."""

    weather: Weather
    age: int
    is_stale: bool


class WeatherDesk:
    """Tells the weather, fresh or remembered."""

    def __init__(
        self, url: str, client: DeadlineClient, circuit: Circuit, max_age: int, clock: Clock
    ) -> None:
        self._url = url
        self._client = client
        self.circuit = circuit
        self._max_age = max_age
        self._clock = clock
        self._last: dict[str, Weather] = {}

    def report(self, city: str) -> Report:
        """Return the weather of the city.

        Raises:
            UnknownCityError: there is no such city.
            NoWeatherError: there is no answer now, and none from before that is young enough.

        """
        try:
            weather = self.circuit.call(lambda: self._ask(city))
        except UnknownCityError:
            raise
        except Exception as error:
            return self._remembered(city, error)
        self._last[city] = weather
        return Report(weather, age=0, is_stale=False)

    def _remembered(self, city: str, error: Exception) -> Report:
        weather = self._last.get(city)
        if weather is None:
            raise NoWeatherError(city) from error
        age = int((self._clock() - weather.told_at).total_seconds())
        if age > self._max_age:
            raise NoWeatherError(city) from error
        return Report(weather, age, is_stale=True)

    def _ask(self, city: str) -> Weather:
        response = self._client.get(f"{self._url}/weather/{city}")
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise UnknownCityError(city)
        told = response.raise_for_status().json()
        return Weather(float(told["celsius"]), str(told["sky"]), self._clock())
